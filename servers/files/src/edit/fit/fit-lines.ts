import { diffSequences, keptIndexes } from '../diff.js'
import type { Place } from '../find/place.js'
import { isRefused, type Outcome } from '../request.js'
import { indentationOf, isBlank } from '../whitespace.js'
import type { Indentation } from './indentation.js'
import { reindent, unknownStyle } from './reindent.js'
import { retypeset } from './retypeset.js'

/**
 * The new lines as they land. Lines that the model kept from its needle stay as they are in the file, with the
 * file's indentation, trailing whitespace and quotes; only what the edit changes is written.
 */
export function fitLines(place: Place, file: readonly string[], newLines: readonly string[]): Outcome<string[]> {
  const { fit } = place
  if (fit.forgiven.length === 0 || newLines.length === 0) return { ok: [...newLines] }
  const needle = needleAsMeant(place)
  if (!needle) return { refused: unknownStyle }
  const shaped: Outcome<readonly string[]> = fit.indentation
    ? reindent({ indentation: fit.indentation, needle, file, newLines })
    : { ok: newLines }
  if (isRefused(shaped)) return shaped
  const differences = diffSequences(needle, newLines)
  const kept = keptIndexes(differences, needle.length)
  const landed = shaped.ok.map((line, index) => file[kept[index] ?? -1] ?? line)
  if (!fit.typographic) return { ok: landed }
  for (const { oldStart, oldCount, newStart, newCount } of differences) {
    const text = retypeset({
      needle: needle.slice(oldStart, oldStart + oldCount).join('\n'),
      file: file.slice(oldStart, oldStart + oldCount).join('\n'),
      text: landed.slice(newStart, newStart + newCount).join('\n'),
    })
    if (newCount > 0) landed.splice(newStart, newCount, ...text.split('\n'))
  }
  return { ok: landed }
}

/**
 * The needle in one indentation, that of the new text: the lines between two anchors are brought into the
 * anchors' form, lest a new line be taken for a line of another depth. `undefined`: one of them has no such form.
 */
function needleAsMeant({ needle, isAnchored, fit: { indentation } }: Place): readonly string[] | undefined {
  if (!isAnchored || !indentation) return needle
  const meant = needle.map((line, index) =>
    index === 0 || index === needle.length - 1 ? line : inNeedleForm(line, indentation),
  )
  const known = meant.filter((line) => line !== undefined)
  return known.length === needle.length ? known : undefined
}

function inNeedleForm(line: string, indentation: Indentation): string | undefined {
  const own = indentationOf(line)
  const mapped = indentation.toNeedle(own)
  if (line === '' || (mapped === undefined && isBlank(line))) return line
  return mapped === undefined ? undefined : mapped + line.slice(own.length)
}
