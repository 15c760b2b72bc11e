import { createRandom } from '../../living-state/random.js'

/** The moments right before and right after each append, as `kill-at.mjs` takes them. */
export function killPoints(appends: readonly (readonly string[])[]): string[] {
  const counts = new Map<string, number>()
  return appends.flatMap((types) => {
    for (const type of new Set(types)) counts.set(type, (counts.get(type) ?? 0) + 1)
    const [type = ''] = types
    const at = `${type}:${counts.get(type)}`
    return [`before:${at}`, `after:${at}`]
  })
}

/** So many of the points, each of another kind as long as there are kinds that have not been taken. */
export function sample(points: readonly string[], { count, seed }: { count: number; seed: number }): string[] {
  const random = createRandom(seed)
  const left = [...points]
  const taken: string[] = []
  const kinds = new Set<string>()
  while (taken.length < count && left.length > 0) {
    const fresh = left.filter((point) => !kinds.has(kindOf(point)))
    if (fresh.length === 0) kinds.clear()
    const point = random.some(fresh.length === 0 ? left : fresh) ?? ''
    left.splice(left.indexOf(point), 1)
    kinds.add(kindOf(point))
    taken.push(point)
  }
  return taken
}

/** `before:tool.started` and `after:tool.started` are two. */
function kindOf(point: string): string {
  return point.slice(0, point.lastIndexOf(':'))
}
