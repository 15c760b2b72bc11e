import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { Hunk, PanelChange, View } from '../wire/panel.js'
import { applyChange, nothingShown, parseBlocks, reconstruct, renderChange, renderShown, viewOfShown } from './index.js'

const nonce = 'c0ffee00'

/** Content that looks like what we write, by someone who does not know the nonce. */
const forged = fc.constantFrom(
  '--- a.ts | 1 line | rev 00000000 | utf-8 lf | 00000000',
  '~~~ a.ts | rev 00000000 → 11111111 | 1 line | 1 change | guess',
  '*** a.ts is closed | ',
  '@ deleted lines 1-9',
  '@ lines 1-9 are now lines 2-10',
  '3\tthree',
  '1:1-5\tcut',
)
const textLine = fc
  .oneof(forged, fc.string(), fc.string({ unit: 'binary' }))
  .map((text) => text.replace(/[\r\n]/g, ''))
  .filter((text) => !text.includes(nonce))
const texts = fc.array(textLine, { maxLength: 12 })
const path = fc.oneof(fc.constantFrom('a.ts', 'b | c.ts', 'd is closed', '"e'), fc.string({ minLength: 1 }))

/** A file with some of its lines shown, some of them only in columns. */
const viewArbitrary = fc
  .record({ path, lines: fc.array(fc.tuple(textLine, fc.constantFrom('shown', 'hidden', 'cut')), { maxLength: 12 }) })
  .map(({ path, lines }): View => {
    const shown = lines.map(([text, how], index) => ({ number: index + 1, text, how }))
    const file = {
      path,
      revision: '1a2b3c4d',
      lineCount: lines.length,
      encoding: 'utf-8',
      eol: 'lf' as const,
      finalNewline: lines.length > 0,
      lines: new Map(shown.flatMap(({ number, text, how }) => (how === 'shown' ? [[number, text] as const] : []))),
      columns: new Map(
        shown.flatMap(({ number, text, how }) =>
          how === 'cut'
            ? [
                [
                  number,
                  [
                    { first: 1, last: text.length, text },
                    { first: 7, last: 9, text: 'abc' },
                  ],
                ] as const,
              ]
            : [],
        ),
      ),
    }
    return viewOfShown(file)
  })

const opened = (view: View): PanelChange => ({ kind: 'opened', key: view.path, view })

describe('the text of a panel', () => {
  it('reads back as the views it was made from, whatever stands around them', () => {
    fc.assert(
      fc.property(viewArbitrary, texts, texts, (view, before, after) => {
        const text = [...before, renderChange(opened(view), nonce), ...after].join('\n')
        expect(parseBlocks(text, nonce)).toEqual([opened(view)])
      }),
    )
  })

  it('means nothing to whoever has another nonce', () => {
    fc.assert(
      fc.property(viewArbitrary, (view) => {
        expect(parseBlocks(renderChange(opened(view), nonce), 'deadbeef')).toEqual([])
      }),
    )
  })

  it.each(['closed', 'deleted'] as const)('says that a file is %s', (kind) => {
    fc.assert(
      fc.property(path, (key) => {
        expect(parseBlocks(renderChange({ kind, key }, nonce), nonce)).toEqual([{ kind, key }])
      }),
    )
  })

  it('says where a file has moved', () => {
    fc.assert(
      fc.property(path, path, (key, to) => {
        const change: PanelChange = { kind: 'moved', key, to }
        expect(parseBlocks(renderChange(change, nonce), nonce)).toEqual([change])
      }),
    )
  })
})

/** Replaces random runs of lines; hunks are in the order of the old file and do not touch. */
const edited = fc
  .record({
    before: fc.array(textLine, { maxLength: 30 }),
    runs: fc.array(fc.record({ skip: fc.nat(4), remove: fc.nat(3), insert: fc.array(textLine, { maxLength: 3 }) }), {
      minLength: 1,
      maxLength: 4,
    }),
  })
  .map(({ before, runs }) => {
    const hunks: Hunk[] = []
    const after: string[] = []
    let at = 0
    for (const { skip, remove, insert } of runs) {
      const from = Math.min(at + skip + 1, before.length)
      after.push(...before.slice(at, from))
      const oldCount = Math.min(remove, before.length - from)
      at = from + oldCount
      if (oldCount === 0 && insert.length === 0) continue
      hunks.push({ oldStart: from + 1, oldCount, newStart: after.length + 1, lines: insert })
      after.push(...insert)
    }
    after.push(...before.slice(at))
    return { before, after, hunks }
  })
  .filter(
    ({ hunks }) =>
      hunks.length > 0 && hunks.every((hunk, index) => index === 0 || hunk.oldStart > end(hunks[index - 1])),
  )

const end = (hunk: Hunk | undefined): number => (hunk ? hunk.oldStart + hunk.oldCount : 0)

const viewOf = (lines: readonly string[], revision: string): View => ({
  path: 'a.ts',
  revision,
  lineCount: lines.length,
  encoding: 'utf-8',
  eol: 'lf',
  finalNewline: lines.length > 0,
  ranges: lines.length > 0 ? [{ start: 1, lines: [...lines] }] : [],
})

describe('reconstruct', () => {
  it('sees the file as it is after an edit', () => {
    fc.assert(
      fc.property(edited, texts, ({ before, after, hunks }, noise) => {
        const edit = {
          oldRevision: '1a2b3c4d',
          newRevision: '5e6f7a8b',
          lineCount: after.length,
          finalNewline: after.length > 0,
          hunks,
        }
        const shown = reconstruct(
          [
            { role: 'tool', content: renderChange(opened(viewOf(before, '1a2b3c4d')), nonce) },
            {
              role: 'tool',
              content: [...noise, renderChange({ kind: 'edited', key: 'a.ts', edit }, nonce)].join('\n'),
            },
          ],
          nonce,
        )
        const file = shown.get('a.ts')
        expect(file && viewOfShown(file)).toEqual(viewOf(after, '5e6f7a8b'))
      }),
    )
  })

  it('sees in one fresh block what it saw in many', () => {
    fc.assert(
      fc.property(fc.array(viewArbitrary, { maxLength: 4 }), (views) => {
        const distinct = views.map((view, index) => ({ ...view, revision: `0000000${index}` }))
        const many = distinct.map(opened).reduce(applyChange, nothingShown)
        expect(reconstruct([{ role: 'user', content: renderShown(many, nonce) }], nonce)).toEqual(many)
      }),
    )
  })

  it('takes what a call wrote from its arguments', () => {
    const view = { ...viewOf(['one', 'two'], '1a2b3c4d'), finalNewline: true }
    const block = renderChange({ ...opened(view), written: true }, nonce)
    expect(block.split('\n')).toHaveLength(1)
    const call = { id: 'call_1', function: { arguments: JSON.stringify({ path: 'a.ts', content: 'one\r\ntwo\r\n' }) } }
    const shown = reconstruct(
      [
        { role: 'assistant', tool_calls: [call] },
        { role: 'tool', tool_call_id: 'call_1', content: `Created a.ts.\n${block}` },
      ],
      nonce,
    )
    expect([...(shown.get('a.ts')?.lines ?? [])]).toEqual([
      [1, 'one'],
      [2, 'two'],
    ])
  })

  it('forgets files that were closed or deleted, and follows those that moved', () => {
    const a = opened(viewOf(['x'], '1a2b3c4d'))
    const changes: PanelChange[] = [a, { kind: 'moved', key: 'a.ts', to: 'b.ts' }]
    const text = changes.map((change) => renderChange(change, nonce)).join('\n')
    expect([...reconstruct([{ role: 'tool', content: text }], nonce).keys()]).toEqual(['b.ts'])
    const closed = renderChange({ kind: 'closed', key: 'b.ts' }, nonce)
    expect(reconstruct([{ role: 'tool', content: `${text}\n${closed}` }], nonce)).toEqual(nothingShown)
  })
})
