import { diffSequences, keptIndexes } from '../diff.js'

/**
 * Words of the new text that the model kept from its needle, as they stand in the file: a curly quote stays
 * curly unless the edit touches it. Needle and file correspond character by character.
 */
export function retypeset({ needle, file, text }: { needle: string; file: string; text: string }): string {
  if (needle.length !== file.length) return text
  const before = words(needle)
  const after = words(text)
  const offsets = offsetsOf(before)
  const kept = keptIndexes(diffSequences(before, after), before.length)
  return after
    .map((word, index) => {
      const start = offsets[kept[index] ?? -1]
      return start === undefined ? word : file.slice(start, start + word.length)
    })
    .join('')
}

function words(text: string): string[] {
  return text.match(/[\p{L}\p{N}_]+|\s|[^\p{L}\p{N}_\s]/gu) ?? []
}

function offsetsOf(parts: readonly string[]): number[] {
  let offset = 0
  return parts.map((part) => {
    offset += part.length
    return offset - part.length
  })
}
