/** How indentation that a model wrote maps to the file's. `undefined`: it cannot be expressed there. */
export interface Indentation {
  toFile(indentation: string): string | undefined
  /** How the model would have written an indentation of the file. `undefined`: it could not have. */
  toNeedle(indentation: string): string | undefined
  /** Whether the depth differs, not only tabs from spaces. */
  readonly shifts: boolean
  /** Set when tabs stand for spaces, or the reverse: the character that the file indents with. */
  readonly fileUses?: 'tabs' | 'spaces'
}

export interface IndentationPair {
  readonly file: string
  readonly needle: string
}

/** Columns of a tab, likeliest first. */
const tabWidths = [4, 2, 8, 3, 1] as const

/**
 * The mapping under which every line of the needle is indented as in the file: a uniform shift, or tabs against
 * spaces, or both. `undefined` when there is none.
 */
export function inferIndentation(pairs: readonly IndentationPair[]): Indentation | undefined {
  return (
    shiftOf(pairs) ?? convertedShift(pairs, { shiftAllowed: false }) ?? convertedShift(pairs, { shiftAllowed: true })
  )
}

function shiftOf(pairs: readonly IndentationPair[]): Indentation | undefined {
  const [first] = pairs
  if (!first) return undefined
  if (first.file.endsWith(first.needle)) {
    const added = first.file.slice(0, first.file.length - first.needle.length)
    if (pairs.every(({ file, needle }) => file === added + needle)) {
      return { shifts: added !== '', toFile: prefixed(added), toNeedle: unprefixed(added) }
    }
  }
  if (first.needle.endsWith(first.file)) {
    const removed = first.needle.slice(0, first.needle.length - first.file.length)
    if (pairs.every(({ file, needle }) => needle === removed + file)) {
      return { shifts: true, toFile: unprefixed(removed), toNeedle: prefixed(removed) }
    }
  }
  return undefined
}

function prefixed(prefix: string): (indentation: string) => string {
  return (indentation) => prefix + indentation
}

function unprefixed(prefix: string): (indentation: string) => string | undefined {
  return (indentation) => (indentation.startsWith(prefix) ? indentation.slice(prefix.length) : undefined)
}

function convertedShift(
  pairs: readonly IndentationPair[],
  { shiftAllowed }: { shiftAllowed: boolean },
): Indentation | undefined {
  const fileUses = pairs.some(({ file }) => file.includes('\t')) ? 'tabs' : 'spaces'
  for (const width of tabWidths) {
    const spaced = (text: string) => withSpaces(text, width)
    const tabbed = (text: string) => withTabs(text, width)
    const [convert, revert] = fileUses === 'tabs' ? [tabbed, spaced] : [spaced, tabbed]
    const shift = shiftOf(pairs.map(({ file, needle }) => ({ file, needle: convert(needle) })))
    if (shift && (shiftAllowed || !shift.shifts)) {
      return {
        shifts: shift.shifts,
        fileUses,
        toFile: (indentation) => shift.toFile(convert(indentation)),
        toNeedle: (indentation) => {
          const shifted = shift.toNeedle(indentation)
          return shifted === undefined ? undefined : revert(shifted)
        },
      }
    }
  }
  return undefined
}

function withSpaces(indentation: string, width: number): string {
  return indentation.replaceAll('\t', ' '.repeat(width))
}

function withTabs(indentation: string, width: number): string {
  const columns = withSpaces(indentation, width).length
  return '\t'.repeat(Math.floor(columns / width)) + ' '.repeat(columns % width)
}
