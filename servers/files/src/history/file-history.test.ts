import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { documentFromText } from '../text/document.fixture.js'
import { basisOf } from './basis-of.js'
import { type FileHistory, newestOf, observe, translateLine } from './file-history.js'
import { addLines, hasLine } from './line-set.js'

const fileText = (lines: readonly string[]): string => lines.map((line) => `${line}\n`).join('')

function seen(...versions: (readonly string[])[]): FileHistory {
  let history: FileHistory | undefined
  for (const [index, lines] of versions.entries()) {
    const document = documentFromText(fileText(lines))
    const shown = index === 0 ? [{ first: 1, last: lines.length }] : []
    history = observe(history, { document, origin: index === 0 ? 'opened' : 'drifted', step: undefined, shown })
  }
  if (!history) throw new Error('No version was given.')
  return history
}

describe('line numbers', () => {
  test('of lines that are still there lead to the same text, through any number of changes', () => {
    const lines = fc.uniqueArray(fc.constantFrom(...'abcdefghijkl'), { maxLength: 10 })
    fc.assert(
      fc.property(fc.array(lines, { minLength: 2, maxLength: 5 }), (versions) => {
        const history = seen(...versions)
        const [first] = history.snapshots
        const last = newestOf(history)
        if (!first || !last) return
        for (const [index, text] of first.texts.entries()) {
          const { line, exact } = translateLine(history, first, index + 1)
          if (exact) expect(last.texts[line - 1]).toBe(text)
        }
      }),
    )
  })

  test('of a replaced line lead to where it was, and say so', () => {
    const history = seen(['a', 'b', 'c'], ['new', 'a', 'B', 'c'])
    const [first] = history.snapshots
    if (!first) throw new Error('No snapshot.')
    expect(translateLine(history, first, 2)).toEqual({ line: 3, exact: false })
    expect(translateLine(history, first, 3)).toEqual({ line: 4, exact: true })
  })
})

test('lines that were shown stay shown where they stay, and only there', () => {
  const lines = fc.uniqueArray(fc.constantFrom(...'abcdefgh'), { maxLength: 8 })
  fc.assert(
    fc.property(lines, lines, (before, after) => {
      const snapshot = newestOf(seen(before, after))
      for (const [index, text] of after.entries()) {
        if (snapshot && hasLine(snapshot.shown, index + 1)) expect(before).toContain(text)
      }
    }),
  )
})

describe('what the line numbers of a call refer to', () => {
  const v1 = ['a', 'b', 'c']
  const v2 = ['a', 'B', 'c']
  const revisionOf = (lines: readonly string[]) => documentFromText(fileText(lines)).revision

  test('is the newest revision shown, or the one that is named', () => {
    const history = seen(v1, v2)
    const known = seen(v1)
    expect(basisOf({ known, history, revision: undefined, step: undefined })?.texts).toEqual(v1)
    expect(basisOf({ known: history, history, revision: undefined, step: undefined })?.texts).toEqual(v2)
    expect(basisOf({ known: history, history, revision: revisionOf(v1), step: undefined })?.texts).toEqual(v1)
  })

  test('is nothing when the revision is unknown, except for that of the file as it is', () => {
    const history = seen(v2)
    expect(basisOf({ known: undefined, history, revision: undefined, step: undefined })).toBeUndefined()
    expect(basisOf({ known: undefined, history, revision: revisionOf(v1), step: undefined })).toBeUndefined()
    expect(basisOf({ known: undefined, history, revision: revisionOf(v2), step: undefined })?.texts).toEqual(v2)
  })

  test('is what was known before the turn', () => {
    const document = documentFromText(fileText(v1))
    const shown = [{ first: 1, last: 3 }]
    const history = observe(undefined, { document, origin: 'opened', step: 'r/1', shown })
    expect(basisOf({ known: history, history, revision: undefined, step: 'r/1' })).toBeUndefined()
    expect(basisOf({ known: history, history, revision: undefined, step: 'r/2' })?.texts).toEqual(v1)
    const written = observe(undefined, { document, origin: 'written', step: 'r/1' })
    expect(basisOf({ known: written, history: written, revision: undefined, step: 'r/1' })?.isShown(2)).toBe(true)
  })
})

test('old revisions are forgotten, and line numbers of them are no longer translated', () => {
  const versions = Array.from({ length: 20 }, (_, index) => [`version ${index}`])
  const history = seen(...versions)
  expect(history.snapshots.length).toBeLessThan(20)
  const revision = documentFromText(fileText(['version 0'])).revision
  expect(basisOf({ known: history, history, revision, step: undefined })).toBeUndefined()
})

test('ranges of lines merge when they touch', () => {
  expect(
    addLines(
      [{ first: 1, last: 3 }],
      [
        { first: 4, last: 4 },
        { first: 8, last: 9 },
        { first: 2, last: 1 },
      ],
    ),
  ).toEqual([
    { first: 1, last: 4 },
    { first: 8, last: 9 },
  ])
})
