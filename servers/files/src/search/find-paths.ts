import { type Candidate, createScorer, type Query } from './fuzzy.js'

export interface Finding {
  readonly sources: readonly Source[]
  readonly query: Query
  readonly limit: number
}

/** What one root holds. */
export interface Source {
  readonly root: string
  readonly candidates: Iterable<Candidate>
}

export interface Found {
  /** Best first; of equal matches the shorter path, then by code units, then in the order of the roots. */
  readonly hits: readonly Hit[]
  /** How many match, shown or not. */
  readonly total: number
}

export interface Hit {
  readonly root: string
  /** From the root. */
  readonly path: string
  readonly points: number
}

export function findPaths({ sources, query, limit }: Finding): Found {
  const score = createScorer()
  const hits: Hit[] = []
  let total = 0
  for (const { root, candidates } of sources) {
    for (const candidate of candidates) {
      const worst = hits.length < limit ? undefined : hits.at(-1)
      const points = score(query, candidate, worst?.points)
      if (points === undefined) continue
      total += 1
      const hit = { root, path: candidate.path, points }
      if (!worst || compare(hit, worst) < 0) insert(hits, hit, limit)
    }
  }
  return { hits, total }
}

/** Keeps the best ones in order. There are few of them. */
function insert(hits: Hit[], hit: Hit, limit: number): void {
  let at = hits.length
  for (let before = hits[at - 1]; before && compare(hit, before) < 0; before = hits[at - 1]) at -= 1
  hits.splice(at, 0, hit)
  if (hits.length > limit) hits.pop()
}

function compare(left: Hit, right: Hit): number {
  if (left.points !== right.points) return right.points - left.points
  if (left.path.length !== right.path.length) return left.path.length - right.path.length
  return left.path < right.path ? -1 : Number(left.path > right.path)
}
