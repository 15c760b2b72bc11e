import { createScorer } from './fuzzy.js'
import type { Paths } from './paths.js'
import type { Query } from './query.js'

export interface Finding {
  readonly root: string
  /** What the root holds. */
  readonly paths: Paths
  readonly query: Query
  readonly limit: number
}

export interface Found {
  /** Best first; of equal matches the shorter path, then by code units. */
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

export function findPaths({ root, paths: { folders, masks }, query, limit }: Finding): Found {
  const scorer = createScorer(query)
  const hits: Hit[] = []
  let total = 0
  let next = 0
  for (const folder of folders) {
    const first = next
    next += folder.names.length
    let score: ReturnType<typeof scorer> | undefined
    for (let at = first; at < next; at += 1) {
      if (((masks[at] ?? 0) & query.mask) !== query.mask) continue
      score ??= scorer(folder)
      const worst = hits.length < limit ? undefined : hits.at(-1)
      const points = score(at - first, worst?.points)
      if (points === undefined) continue
      total += 1
      if (worst && points < worst.points) continue
      const hit = { root, path: folder.prefix + (folder.names[at - first] ?? ''), points }
      if (!worst || compare(hit, worst) < 0) insert(hits, hit, limit)
    }
  }
  return { hits, total }
}

/** Of all roots together; of equal hits, in the order of the roots. */
export function together(found: readonly Found[], limit: number): Found {
  return {
    hits: found
      .flatMap(({ hits }) => hits)
      .sort(compare)
      .slice(0, limit),
    total: found.reduce((sum, { total }) => sum + total, 0),
  }
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
