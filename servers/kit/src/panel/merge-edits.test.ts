import fc from 'fast-check'
import { expect, test } from 'vitest'
import type { Edit } from '../wire/panel.js'
import { mergeEdits } from './merge-edits.js'
import { parseBlocks } from './parse.js'
import { renderChange } from './render.js'
import { applyChange, type Shown, type ShownFile } from './shown.js'

const count = 12

/** Cuts 1 to `lines` into kept and replaced stretches. */
function editOf(lines: number, cuts: readonly { keep: number; drop: number; add: readonly string[] }[]): Edit {
  const hunks: Edit['hunks'] = []
  let old = 1
  let delta = 0
  for (const { keep, drop, add } of cuts) {
    const oldStart = old + keep
    if (oldStart > lines + 1) break
    const oldCount = Math.min(drop, lines + 1 - oldStart)
    if (oldCount + add.length > 0) hunks.push({ oldStart, oldCount, newStart: oldStart + delta, lines: [...add] })
    delta += add.length - oldCount
    old = oldStart + oldCount
  }
  return { oldRevision: '00000000', newRevision: '11111111', lineCount: lines + delta, finalNewline: true, hunks }
}

const cuts = fc.array(
  fc.record({
    keep: fc.integer({ min: 1, max: 4 }),
    drop: fc.integer({ min: 0, max: 3 }),
    add: fc.array(fc.constantFrom('', 'x', '\ty', '@ deleted line 1'), { maxLength: 3 }),
  }),
  { maxLength: 4 },
)

const file: ShownFile = {
  path: 'a.ts',
  revision: '00000000',
  lineCount: count,
  encoding: 'utf-8',
  eol: 'lf',
  finalNewline: true,
  lines: new Map(Array.from({ length: count }, (_, index) => [index + 1, `line ${index + 1}`])),
  columns: new Map(),
}

const linesAfter = (shown: Shown) => [...(shown.get('a.ts')?.lines ?? [])].sort(([one], [other]) => one - other)

test('two edits merged lead to the text that they lead to one after the other', () => {
  fc.assert(
    fc.property(cuts, cuts, (one, two) => {
      const first = editOf(count, one)
      const second: Edit = {
        ...editOf(first.lineCount, two),
        oldRevision: first.newRevision,
        newRevision: '22222222',
        finalNewline: false,
      }
      const before: Shown = new Map([['a.ts', file]])
      const edited = (edit: Edit) => ({ kind: 'edited', key: 'a.ts', edit }) as const
      const apart = [first, second].map(edited).reduce(applyChange, before)
      const merged = mergeEdits(first, second)
      const together = applyChange(before, edited(merged))
      expect(linesAfter(together)).toEqual(linesAfter(apart))
      expect(together.get('a.ts')).toMatchObject({ revision: '22222222', lineCount: second.lineCount })
      expect(merged.oldRevision).toBe('00000000')
      const nonce = 'c0ffee00'
      expect(parseBlocks(renderChange(edited(merged), nonce), nonce).reduce(applyChange, before)).toEqual(together)
    }),
  )
})

test('edits of a file with more lines than fit on the stack are merged, and what they lead to is shown', () => {
  const lineCount = 200_000
  const oneLine = (at: number): Edit => editOf(lineCount, [{ keep: at, drop: 1, add: ['x'] }])
  const { hunks } = mergeEdits(oneLine(1), oneLine(lineCount - 1))
  expect(hunks.map(({ oldStart, oldCount, lines }) => ({ oldStart, oldCount, lines }))).toEqual([
    { oldStart: 2, oldCount: 1, lines: ['x'] },
    { oldStart: lineCount, oldCount: 1, lines: ['x'] },
  ])
  const lines = Array.from({ length: lineCount }, () => '')
  const head = { path: 'a.ts', revision: '00000000', lineCount, encoding: 'utf-8', finalNewline: true }
  const view = { ...head, eol: 'lf' as const, ranges: [{ start: 1, lines }] }
  expect(renderChange({ kind: 'opened', key: 'a.ts', view }, 'c0ffee00').split('\n')).toHaveLength(lineCount + 1)
})
