/** Items `oldStart…` (`oldCount` of them) became items `newStart…` (`newCount` of them). 0-based. */
export interface Difference {
  oldStart: number
  oldCount: number
  newStart: number
  newCount: number
}

/** Differences found before a search gives up and calls the whole rest different. Its cost is their square. */
const differencesMax = 1_000

/** The shortest list of differences between two lists of lines (or words), by Myers' greedy algorithm (1986). */
export function diffSequences(before: readonly string[], after: readonly string[]): Difference[] {
  const head = commonHead(before, after)
  const tail = commonTail(before, after, head)
  const oldCount = before.length - head - tail
  const newCount = after.length - head - tail
  if (oldCount === 0 && newCount === 0) return []
  const whole = [{ oldStart: head, oldCount, newStart: head, newCount }]
  if (oldCount === 0 || newCount === 0) return whole
  const codes = new Map<string, number>()
  const left = encode(before, head, oldCount, codes)
  const right = encode(after, head, newCount, codes)
  const kept = keptPairs(left, right)
  return kept ? gaps(kept, oldCount, newCount).map((gap) => shifted(gap, head)) : whole
}

/** For each new item the index of the old item that it is, or -1. */
export function keptIndexes(differences: readonly Difference[], oldCount: number): number[] {
  const indexes: number[] = []
  let old = 0
  for (const difference of differences) {
    while (old < difference.oldStart) indexes.push(old++)
    for (let count = 0; count < difference.newCount; count += 1) indexes.push(-1)
    old += difference.oldCount
  }
  while (old < oldCount) indexes.push(old++)
  return indexes
}

function commonHead(before: readonly string[], after: readonly string[]): number {
  const most = Math.min(before.length, after.length)
  let head = 0
  while (head < most && before[head] === after[head]) head += 1
  return head
}

function commonTail(before: readonly string[], after: readonly string[], head: number): number {
  const most = Math.min(before.length, after.length) - head
  let tail = 0
  while (tail < most && before[before.length - 1 - tail] === after[after.length - 1 - tail]) tail += 1
  return tail
}

function encode(items: readonly string[], start: number, count: number, codes: Map<string, number>): Int32Array {
  const encoded = new Int32Array(count)
  for (let index = 0; index < count; index += 1) {
    const item = items[start + index] ?? ''
    const code = codes.get(item) ?? codes.size
    codes.set(item, code)
    encoded[index] = code
  }
  return encoded
}

type Pair = readonly [oldIndex: number, newIndex: number]

/** `undefined` when there are more differences than are searched for. */
function keptPairs(left: Int32Array, right: Int32Array): Pair[] | undefined {
  const most = Math.min(left.length + right.length, differencesMax)
  const reach = new Int32Array(2 * most + 3)
  const origin = most + 1
  const trace: Int32Array[] = []
  for (let depth = 0; depth <= most; depth += 1) {
    trace.push(reach.slice(origin - depth - 1, origin + depth + 2))
    for (let diagonal = -depth; diagonal <= depth; diagonal += 2) {
      let { x } = enter(reach, origin + diagonal, { diagonal, depth })
      while (x < left.length && x - diagonal < right.length && left[x] === right[x - diagonal]) x += 1
      reach[origin + diagonal] = x
      if (x >= left.length && x - diagonal >= right.length) return walkBack(trace, left.length, right.length)
    }
  }
  return undefined
}

interface Step {
  diagonal: number
  depth: number
}

/** Where the best path of one difference less enters this diagonal: by an insertion from above or a deletion. */
function enter(reach: Int32Array, at: number, { diagonal, depth }: Step): { x: number; inserts: boolean } {
  if (depth === 0) return { x: 0, inserts: false }
  const below = reach[at - 1] ?? 0
  const above = reach[at + 1] ?? 0
  const inserts = diagonal === -depth || (diagonal !== depth && below < above)
  return { x: inserts ? above : below + 1, inserts }
}

function walkBack(trace: readonly Int32Array[], oldCount: number, newCount: number): Pair[] {
  const pairs: Pair[] = []
  let x = oldCount
  let y = newCount
  for (let depth = trace.length - 1; depth >= 0; depth -= 1) {
    const diagonal = x - y
    const entered = enter(trace[depth] ?? new Int32Array(0), diagonal + depth + 1, { diagonal, depth })
    while (x > entered.x) {
      x -= 1
      y -= 1
      pairs.push([x, y])
    }
    if (entered.inserts) y -= 1
    else x -= 1
  }
  return pairs.reverse()
}

function gaps(pairs: readonly Pair[], oldCount: number, newCount: number): Difference[] {
  const differences: Difference[] = []
  let old = 0
  let fresh = 0
  for (const [oldIndex, newIndex] of [...pairs, [oldCount, newCount] as const]) {
    if (oldIndex > old || newIndex > fresh) {
      differences.push({ oldStart: old, oldCount: oldIndex - old, newStart: fresh, newCount: newIndex - fresh })
    }
    old = oldIndex + 1
    fresh = newIndex + 1
  }
  return differences
}

function shifted(difference: Difference, by: number): Difference {
  return { ...difference, oldStart: difference.oldStart + by, newStart: difference.newStart + by }
}
