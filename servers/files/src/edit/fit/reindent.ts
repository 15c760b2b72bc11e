import type { Outcome } from '../request.js'
import { indentationOf, isBlank } from '../whitespace.js'
import type { Indentation } from './indentation.js'

export interface Reindenting {
  readonly indentation: Indentation
  /** The lines as the model wrote them and as they stand in the file, in parallel. */
  readonly needle: readonly string[]
  readonly file: readonly string[]
  readonly newLines: readonly string[]
}

/**
 * New lines at the file's own indentation. A model that indents its needle wrongly usually indents the new text in
 * the same way, but not always; where it may be at the file's indentation already, the edit is refused: a guess
 * would write wrong bytes.
 */
export function reindent(block: Reindenting): Outcome<string[]> {
  if (mayBeAsInFile(block)) return { refused: unknownStyle }
  const mapped = block.newLines.map((line) => reindented(line, block))
  const failed = mapped.indexOf(undefined)
  if (failed >= 0) {
    return {
      refused: `The old text is indented differently from the file, and the indentation of line ${failed + 1} of new_text has no counterpart there. ${sendExactly}`,
    }
  }
  return { ok: mapped.filter((line) => line !== undefined) }
}

const sendExactly =
  "Send the old text exactly as displayed, with its indentation, and new_text at the file's indentation."
export const unknownStyle = `The old text is indented differently from the file, and new_text may be indented like either. ${sendExactly}`

function mayBeAsInFile(block: Reindenting): boolean {
  const { indentation, needle, file, newLines } = block
  if (!indentation.shifts) return false
  if (isTelling(newLines, needle, file)) return false
  if (indentation.fileUses) {
    return newLines.some((line) => indentationOf(line).includes(indentation.fileUses === 'tabs' ? '\t' : ' '))
  }
  const fresh = depthOf(newLines)
  const own = depthOf(needle)
  const theirs = depthOf(file)
  if (fresh === undefined || own === undefined || theirs === undefined) return false
  return theirs > own ? fresh >= theirs : fresh < own
}

/** Whether the new text keeps lines that, so indented, are in the needle alone, and none that are in the file alone. */
function isTelling(newLines: readonly string[], needle: readonly string[], file: readonly string[]): boolean {
  const inNeedle = new Set(needle.filter((line) => !isBlank(line)))
  const inFile = new Set(file.filter((line) => !isBlank(line)))
  const likeNeedle = newLines.some((line) => inNeedle.has(line) && !inFile.has(line))
  const likeFile = newLines.some((line) => inFile.has(line) && !inNeedle.has(line))
  return likeNeedle && !likeFile
}

/** Length of the shallowest indentation; `undefined` when every line is blank. */
function depthOf(lines: readonly string[]): number | undefined {
  const solid = lines.filter((line) => !isBlank(line))
  return solid.length === 0 ? undefined : Math.min(...solid.map((line) => indentationOf(line).length))
}

function reindented(line: string, { indentation, file }: Reindenting): string | undefined {
  if (line === '') return ''
  const own = indentationOf(line)
  const mapped = indentation.toFile(own)
  if (mapped === undefined) return isBlank(line) ? '' : undefined
  const body = line.slice(own.length)
  const isKnown = mapped === own || !mixesStyles(mapped) || isCommentContinuation(mapped, body)
  if (!isKnown && !file.some((text) => mixesStyles(indentationOf(text)))) return undefined
  return mapped + body
}

/** Whole steps and one space before the `*` of a block comment: the one space that files indented by tabs have. */
function isCommentContinuation(indentation: string, body: string): boolean {
  return /^\t+ $/.test(indentation) && /^\*(?:[ \t/]|$)/.test(body)
}

/** Comes about when the needle gave no evidence of how wide a tab is. */
function mixesStyles(indentation: string): boolean {
  return indentation.includes(' ') && indentation.includes('\t')
}
