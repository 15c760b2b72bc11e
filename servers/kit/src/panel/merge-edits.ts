import type { Edit, Hunk } from '../wire/panel.js'

/** A line of the newest text: where it stood before both edits, or what it has become. */
type Line = { readonly old: number } | { readonly text: string }

/** Two edits of a file, one after the other, as the one that leads to the same text. */
export function mergeEdits(first: Edit, second: Edit): Edit {
  const oldCount = first.lineCount - grownBy(first.hunks)
  const before: Line[] = Array.from({ length: oldCount }, (_, index) => ({ old: index + 1 }))
  const after = [first, second].reduce((lines, { hunks }) => withHunks(lines, hunks), before)
  return { ...second, oldRevision: first.oldRevision, hunks: hunksOf(after, oldCount) }
}

function grownBy(hunks: readonly Hunk[]): number {
  return hunks.reduce((sum, { lines, oldCount }) => sum + lines.length - oldCount, 0)
}

function withHunks(before: readonly Line[], hunks: readonly Hunk[]): Line[] {
  const parts: Line[][] = []
  let at = 0
  for (const { oldStart, oldCount, lines } of hunks) {
    parts.push(
      before.slice(at, oldStart - 1),
      lines.map((text) => ({ text })),
    )
    at = oldStart - 1 + oldCount
  }
  return [...parts, before.slice(at)].flat()
}

/** What stands between lines that were there before. */
function hunksOf(after: readonly Line[], oldCount: number): Hunk[] {
  const hunks: Hunk[] = []
  let oldStart = 1
  let lines: string[] = []
  const take = (old: number, newEnd: number): void => {
    if (old > oldStart || lines.length > 0) {
      hunks.push({ oldStart, oldCount: old - oldStart, newStart: newEnd - lines.length, lines })
    }
    oldStart = old + 1
    lines = []
  }
  for (const [index, line] of after.entries()) {
    if ('old' in line) take(line.old, index + 1)
    else lines.push(line.text)
  }
  take(oldCount + 1, after.length + 1)
  return hunks
}
