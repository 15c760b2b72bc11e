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

export interface Reindented {
  readonly lines: readonly string[]
  /** The new text was at the file's indentation already. */
  readonly asInFile: boolean
}

/**
 * New lines at the file's own indentation. A model that indents its needle wrongly usually indents the new text
 * in the same way, but not always; where nothing tells which, the edit is refused: a guess would write wrong bytes.
 */
export function reindent(block: Reindenting): Outcome<Reindented> {
  const style = styleOf(block)
  if (style === 'file') return { ok: { lines: [...block.newLines], asInFile: true } }
  if (style === 'unknown') return { refused: unknownStyle }
  const mapped = block.newLines.map((line) => reindented(line, block))
  const failed = mapped.indexOf(undefined)
  if (failed >= 0) {
    return {
      refused: `The old text is indented differently from the file, and the indentation of line ${failed + 1} of new_text has no counterpart there. ${sendExactly}`,
    }
  }
  return { ok: { lines: mapped.filter((line) => line !== undefined), asInFile: false } }
}

const sendExactly =
  "Send the old text exactly as displayed, with its indentation, and new_text at the file's indentation."
const unknownStyle = `The old text is indented differently from the file, and new_text may be indented like either. ${sendExactly}`

type Style = 'needle' | 'file' | 'unknown'

/** Whose indentation the new text has: lines that it shares with either tell, else how deep it is. */
function styleOf(block: Reindenting): Style {
  const likeNeedle = sharedLines(block, block.needle, block.file)
  const likeFile = sharedLines(block, block.file, block.needle)
  if (likeNeedle > 0 && likeFile > 0) return 'unknown'
  if (likeNeedle > 0) return 'needle'
  if (likeFile > 0) return 'file'
  return block.indentation.fileUses ? styleByCharacter(block) : styleByDepth(block)
}

/** New lines that are in `own` but, at that place, not in `other`. */
function sharedLines({ newLines }: Reindenting, own: readonly string[], other: readonly string[]): number {
  const telling = new Set(own.filter((line, index) => !isBlank(line) && line !== other[index]))
  return newLines.filter((line) => telling.has(line)).length
}

function styleByCharacter({ indentation, newLines }: Reindenting): Style {
  const used = newLines.map(indentationOf).join('')
  const [own, other] = indentation.fileUses === 'tabs' ? ['\t', ' '] : [' ', '\t']
  if (used.includes(own)) return used.includes(other) ? 'unknown' : 'file'
  return 'needle'
}

function styleByDepth(block: Reindenting): Style {
  const needle = depthOf(block.needle)
  const file = depthOf(block.file)
  const fresh = depthOf(block.newLines)
  if (fresh === undefined || needle === file) return 'needle'
  if (needle === undefined || file === undefined) return 'unknown'
  const mayBeFile = block.indentation.deeper ? fresh >= file : fresh <= file
  return mayBeFile ? 'unknown' : 'needle'
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
  if (mapped !== own && mixesStyles(mapped) && !file.some((text) => mixesStyles(indentationOf(text)))) return undefined
  return mapped + line.slice(own.length)
}

/** Comes about when the needle gave no evidence of how wide a tab is. */
function mixesStyles(indentation: string): boolean {
  return indentation.includes(' ') && indentation.includes('\t')
}
