import type { Hunk } from '@auroracoder/kit/wire'
import type { TextDocument } from '../text/document.js'
import { lineAt, textLength } from '../text/offsets.js'
import { diffSequences } from './diff.js'
import type { Span } from './spans.js'

/** The lines that the spans changed, as small as they can be told. */
export function hunksOf(before: TextDocument, after: TextDocument, spans: readonly Span[]): Hunk[] {
  const blocks: Block[] = []
  let delta = 0
  for (const span of spans) {
    const block = blockOf(before, after, { span, delta })
    delta += span.text.length - (span.end - span.start)
    const previous = blocks.at(-1)
    if (previous && block.oldStart < previous.oldEnd) {
      previous.oldEnd = Math.max(previous.oldEnd, block.oldEnd)
      previous.newEnd = Math.max(previous.newEnd, block.newEnd)
    } else blocks.push(block)
  }
  return blocks.flatMap((block) => hunksOfBlock(before, after, block))
}

/** Lines from `start` up to, not including, `end`; 0-based. */
interface Block {
  oldStart: number
  oldEnd: number
  newStart: number
  newEnd: number
}

function blockOf(before: TextDocument, after: TextDocument, { span, delta }: { span: Span; delta: number }): Block {
  const oldStart = positionOf(before, span.start)
  const newStart = positionOf(after, span.start + delta)
  const oldEnd = positionOf(before, span.end)
  const newEnd = positionOf(after, span.start + delta + span.text.length)
  // Where one side ends inside a line, the rest of that line belongs to the change on both sides.
  const rest = oldEnd.column > 0 || newEnd.column > 0 ? 1 : 0
  return {
    oldStart: oldStart.line,
    oldEnd: Math.min(oldEnd.line + rest, before.lines.texts.length),
    newStart: newStart.line,
    newEnd: Math.min(newEnd.line + rest, after.lines.texts.length),
  }
}

function positionOf({ lines }: TextDocument, offset: number): { line: number; column: number } {
  const afterLastLine = offset === textLength(lines) && lines.eols.at(-1) !== ''
  if (afterLastLine) return { line: lines.texts.length, column: 0 }
  const line = lineAt(lines.starts, offset)
  return { line, column: offset - (lines.starts[line] ?? 0) }
}

function hunksOfBlock(before: TextDocument, after: TextDocument, block: Block): Hunk[] {
  const old = before.lines.texts.slice(block.oldStart, block.oldEnd)
  const fresh = after.lines.texts.slice(block.newStart, block.newEnd)
  return diffSequences(old, fresh).map(({ oldStart, oldCount, newStart, newCount }) => ({
    oldStart: block.oldStart + oldStart + 1,
    oldCount,
    newStart: block.newStart + newStart + 1,
    lines: fresh.slice(newStart, newStart + newCount),
  }))
}

/** The lines in which two texts differ, when nobody tells where they were changed. */
export function hunksBetween(before: readonly string[], after: readonly string[]): Hunk[] {
  return diffSequences(before, after).map(({ oldStart, oldCount, newStart, newCount }) => ({
    oldStart: oldStart + 1,
    oldCount,
    newStart: newStart + 1,
    lines: after.slice(newStart, newStart + newCount),
  }))
}

export function countChanges(hunks: readonly Hunk[]): { additions: number; deletions: number } {
  return {
    additions: hunks.reduce((sum, { lines }) => sum + lines.length, 0),
    deletions: hunks.reduce((sum, { oldCount }) => sum + oldCount, 0),
  }
}
