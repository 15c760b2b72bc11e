/** A set of line numbers as ranges (first to last, inclusive), in order and apart from each other. */
export type LineSet = readonly LineRange[]

export interface LineRange {
  readonly first: number
  readonly last: number
}

export function addLines(set: LineSet, added: LineSet): LineSet {
  const ranges = [...set, ...added].filter(({ first, last }) => first <= last)
  ranges.sort((left, right) => left.first - right.first)
  const merged: { first: number; last: number }[] = []
  for (const range of ranges) {
    const previous = merged.at(-1)
    if (previous && range.first <= previous.last + 1) previous.last = Math.max(previous.last, range.last)
    else merged.push({ ...range })
  }
  return merged
}

export function hasLine(set: LineSet, line: number): boolean {
  return set.some(({ first, last }) => first <= line && line <= last)
}

export function containsLines(set: LineSet, part: LineSet): boolean {
  return part.every(({ first, last }) => set.some((range) => range.first <= first && last <= range.last))
}

export function removeLines(set: LineSet, removed: LineSet): LineSet {
  return removed.reduce<LineSet>(
    (rest, { first, last }) =>
      rest.flatMap((range) =>
        [
          { first: range.first, last: Math.min(range.last, first - 1) },
          { first: Math.max(range.first, last + 1), last: range.last },
        ].filter((piece) => piece.first <= piece.last),
      ),
    set,
  )
}
