import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { documentFromText, textOf } from '../text/document.fixture.js'
import { documentOf, type TextDocument } from '../text/document.js'
import { type Encoding, latin1, utf8, utf8Bom, utf16be, utf16le } from '../text/encoding.js'
import { joinLines } from '../text/lines.js'
import type { Basis } from './basis.js'
import { type Plan, planEdits } from './plan.js'
import type { EditRequest } from './request.js'

/** Few different lines, so that duplicates, blanks and near misses are common. */
const lineText = fc.constantFrom(
  '',
  'a',
  'b',
  'ab',
  '}',
  '  a',
  '    a',
  '\ta',
  'a ',
  'x = 1;',
  '\fc',
  'd\u2028e',
  'é',
  '“q”',
  '"q"',
)
const eol = fc.constantFrom('\n', '\r\n', '\r')
const encodings: readonly Encoding[] = [utf8, utf8Bom, utf16le, utf16be]

const fileArbitrary = fc
  .record({
    lines: fc.array(fc.tuple(lineText, eol), { maxLength: 14 }),
    uniform: fc.option(eol),
    finalNewline: fc.boolean(),
    encoding: fc.constantFrom(...encodings),
  })
  .map(({ lines, uniform, finalNewline, encoding }) => {
    const texts = lines.map(([text]) => text)
    const eols = lines.map(([, own], index) => (index === lines.length - 1 && !finalNewline ? '' : (uniform ?? own)))
    return fileOf(joinLines({ texts, eols }), encoding)
  })

function fileOf(text: string, encoding: Encoding): TextDocument {
  return documentOf(Buffer.concat([encoding.bom, encoding.encode(text)]), encoding)
}

const newText = fc
  .array(fc.constantFrom('', 'new', 'a', '  deep', '$&', '\\1', '$1', '}'), { maxLength: 4 })
  .map((lines) => lines.join('\n'))

/** An edit that names lines of the file as they are displayed. */
const rangeEdit = fc.record({
  start: fc.nat(),
  height: fc.integer({ min: 1, max: 4 }),
  form: fc.constantFrom('anchors', 'old_text', 'part', 'before', 'after'),
  newText,
})
type RangeEdit = typeof rangeEdit extends fc.Arbitrary<infer T> ? T : never

/** `undefined` when the file has no lines. */
function requestFor({ lines: { texts } }: TextDocument, edit: RangeEdit): EditRequest | undefined {
  if (texts.length === 0) return undefined
  const first = edit.start % texts.length
  const last = Math.min(first + edit.height - 1, texts.length - 1)
  const lines = { first: first + 1, last: last + 1 }
  if (edit.form === 'old_text')
    return { lines, oldText: `${texts.slice(first, last + 1).join('\n')}\n`, newText: edit.newText }
  if (edit.form === 'part') {
    const text = texts[first] ?? ''
    const oldText = text.slice(0, Math.max(1, text.length - 1))
    return oldText === '' ? undefined : { lines: { first: first + 1, last: first + 1 }, oldText, newText: edit.newText }
  }
  const insert = edit.form === 'anchors' ? undefined : edit.form
  return {
    lines,
    firstLine: texts[first],
    lastLine: last > first ? texts[last] : undefined,
    newText: edit.newText,
    insert,
  }
}

function shown(document: TextDocument): Basis {
  return {
    texts: document.lines.texts,
    isShown: () => true,
    translate: (line) => ({ line, exact: true }),
    changed: false,
    editedThisTurn: false,
  }
}

function run(document: TextDocument, edits: readonly EditRequest[]): Plan | undefined {
  const outcome = planEdits({ document, edits, basis: shown(document) })
  return 'ok' in outcome ? outcome.ok : undefined
}

function bytesOf(plan: Plan | undefined): string | undefined {
  return plan?.document.bytes.whole().toString('hex')
}

describe('P1: bytes outside the changed lines are conserved', () => {
  test('every line that no hunk names has its bytes, its line end included', () => {
    fc.assert(
      fc.property(fileArbitrary, rangeEdit, (document, edit) => {
        const request = requestFor(document, edit)
        const plan = request && run(document, [request])
        if (!plan) return
        const before = rawLines(document)
        const after = rawLines(plan.document)
        for (const hunk of [...plan.hunks].reverse()) {
          before.splice(hunk.oldStart - 1, hunk.oldCount)
          after.splice(hunk.newStart - 1, hunk.lines.length)
        }
        expect(withoutLastEol(after)).toEqual(withoutLastEol(before))
      }),
    )
  })

  test('the byte order mark, the encoding and the state of the final newline stay', () => {
    fc.assert(
      fc.property(fileArbitrary, rangeEdit, (document, edit) => {
        const request = requestFor(document, edit)
        const plan = request && run(document, [request])
        if (!plan) return
        const { bom } = document.encoding
        expect([...plan.document.bytes.whole().subarray(0, bom.length)]).toEqual([...bom])
        // A part of a line is replaced literally, and may take the last line end with it.
        const literal = edit.form === 'part' || textOf(plan.document) === ''
        // An empty last line that does not end is no line at all.
        const blankEnd = /(?:^|\n)\n?$/.test(edit.newText)
        if (!literal && !blankEnd) expect(endsWithEol(textOf(plan.document))).toBe(endsWithEol(textOf(document)))
      }),
    )
  })
})

test('the document that a plan comes to is the one that its bytes say', () => {
  fc.assert(
    fc.property(fileArbitrary, fc.array(rangeEdit, { minLength: 1, maxLength: 3 }), (document, edits) => {
      const plan = run(
        document,
        edits.flatMap((edit) => requestFor(document, edit) ?? []),
      )
      if (!plan) return
      const { lines, revision } = plan.document
      const read = documentOf(plan.document.bytes.whole(), plan.document.encoding)
      expect({ lines, revision }).toEqual({ lines: read.lines, revision: read.revision })
    }),
  )
})

describe('P2: success means one place', () => {
  test('an exact edit replaces exactly the lines that it names, or is refused', () => {
    fc.assert(
      fc.property(fileArbitrary, rangeEdit, (document, edit) => {
        if (edit.form !== 'anchors') return
        const request = requestFor(document, edit)
        const plan = request && run(document, [request])
        if (!request?.lines || !plan) return
        const expected = [...document.lines.texts]
        const replacement = edit.newText === '' ? [] : edit.newText.replace(/\n$/, '').split('\n')
        if (request.lastLine === '' && /[^\n]\n$/.test(edit.newText)) replacement.push('')
        expected.splice(request.lines.first - 1, request.lines.last - request.lines.first + 1, ...replacement)
        expect(plan.document.lines.texts).toEqual(expected)
      }),
    )
  })

  test('without a hint, a text that occurs twice is refused', () => {
    fc.assert(
      fc.property(fc.array(lineText), fc.array(lineText), fc.array(lineText), (head, middle, tail) => {
        const needle = 'unique needle'
        const once = documentFromText([...head, needle, ...tail].map((line) => `${line}\n`).join(''))
        const twice = documentFromText(
          [...head, needle, ...middle, needle, ...tail].map((line) => `${line}\n`).join(''),
        )
        expect(run(once, [{ oldText: needle, newText: 'done' }])).toBeDefined()
        expect(run(twice, [{ oldText: needle, newText: 'done' }])).toBeUndefined()
        expect(run(twice, [{ firstLine: needle, newText: 'done' }])).toBeUndefined()
      }),
    )
  })
})

describe('P3: content is never matched fuzzily', () => {
  test('one other letter anywhere in the needle refuses the edit', () => {
    const words = fc.array(fc.constantFrom('alpha', 'beta', 'gamma();', 'return delta'), { minLength: 1, maxLength: 4 })
    fc.assert(
      fc.property(words, fc.nat(), fc.constantFrom('Z', '_', '#'), (lines, at, letter) => {
        const document = documentFromText(lines.map((line) => `    ${line}\n`).join(''))
        const text = lines.map((line) => `    ${line}`).join('\n')
        const positions = [...text].flatMap((character, index) => (/\S/.test(character) ? [index] : []))
        const position = positions[at % positions.length] ?? 0
        const needle = text.slice(0, position) + letter + text.slice(position + 1)
        expect(run(document, [{ oldText: needle, newText: 'done' }])).toBeUndefined()
      }),
    )
  })
})

describe('P4: re-indentation gives the bytes that the exact edit gives', () => {
  const code = fc.array(fc.tuple(fc.integer({ min: 1, max: 3 }), fc.constantFrom('a', 'b', 'c', 'd', 'e', 'f')), {
    minLength: 1,
    maxLength: 6,
  })

  test.each([
    ['dedented', '    ', (line: string) => line.replace(/^ {4}/, '')],
    ['indented further', '    ', (line: string) => (line === '' ? '' : `      ${line}`)],
    ['with spaces for tabs', '\t', (line: string) => line.replace(/^\t+/, (tabs) => '    '.repeat(tabs.length))],
    ['with two spaces for tabs', '\t', (line: string) => line.replace(/^\t+/, (tabs) => '  '.repeat(tabs.length))],
    ['with tabs for spaces', '    ', (line: string) => line.replace(/^ +/, (spaces) => '\t'.repeat(spaces.length / 4))],
    [
      'with tabs for two spaces',
      '  ',
      (line: string) => line.replace(/^ +/, (spaces) => '\t'.repeat(spaces.length / 2)),
    ],
  ])('%s', (_, unit, perturb) => {
    let tried = 0
    let made = 0
    fc.assert(
      fc.property(code, code, (old, fresh) => {
        const render = (lines: [number, string][]) => lines.map(([depth, word]) => unit.repeat(depth) + word)
        const oldLines = render(old)
        const newLines = [...render(fresh), oldLines[0] ?? '']
        const document = documentFromText(['start', ...oldLines, 'end', ''].join('\n'))
        const exact = run(document, [{ oldText: oldLines.join('\n'), newText: newLines.join('\n') }])
        const oldText = oldLines.map(perturb).join('\n')
        // A single line without its indentation is part of a line, and its replacement is literal.
        if (textOf(document).includes(oldText)) return
        tried += 1
        const bent = run(document, [{ oldText, newText: newLines.map(perturb).join('\n') }])
        if (bent) made += 1
        // What cannot tell how it is indented is refused.
        if (bent) expect(bytesOf(bent)).toBe(bytesOf(exact))
      }),
    )
    expect(made).toBeGreaterThan(tried * 0.9)
  })

  test('also when only the first and last line of the old text are given', () => {
    const dedented = (line: string) => line.slice(4)
    let tried = 0
    let made = 0
    fc.assert(
      fc.property(code, code, (old, fresh) => {
        const render = (lines: [number, string][]) => lines.map(([depth, word]) => '    '.repeat(depth) + word)
        const oldLines = ['    first', ...render(old), '    last']
        const newLines = ['    first', ...render(fresh), '    last']
        const document = documentFromText(['start', ...oldLines, 'end', ''].join('\n'))
        const exact = run(document, [{ oldText: oldLines.join('\n'), newText: newLines.join('\n') }])
        const lines = { first: 2, last: oldLines.length + 1 }
        const newText = newLines.map(dedented).join('\n')
        const bent = run(document, [{ lines, firstLine: 'first', lastLine: 'last', newText }])
        tried += 1
        if (bent) made += 1
        if (bent) expect(bytesOf(bent)).toBe(bytesOf(exact))
      }),
    )
    expect(made).toBeGreaterThan(tried * 0.9)
  })
})

test('P5: with a single place, any line hint gives the same bytes', () => {
  fc.assert(
    fc.property(fileArbitrary, fc.nat(), fc.integer({ min: 1, max: 60 }), newText, (document, at, hint, text) => {
      const { texts, eols } = document.lines
      if (texts.length === 0) return
      const index = at % texts.length
      const marked = texts.map((line, number) => (number === index ? 'the only one' : line))
      const file = fileOf(joinLines({ texts: marked, eols }), document.encoding)
      const lines = { first: hint, last: hint }
      expect(bytesOf(run(file, [{ oldText: 'the only one', newText: text, lines }]))).toBe(
        bytesOf(run(file, [{ oldText: 'the only one', newText: text }])),
      )
      expect(bytesOf(run(file, [{ firstLine: 'the only one', newText: text, lines }]))).toBe(
        bytesOf(run(file, [{ firstLine: 'the only one', newText: text }])),
      )
    }),
  )
})

describe('P6: a batch is atomic and its order does not matter', () => {
  test('any order gives the same bytes or the same refusal', () => {
    fc.assert(
      fc.property(fileArbitrary, fc.array(rangeEdit, { minLength: 2, maxLength: 4 }), (document, edits) => {
        const requests = edits.flatMap((edit) => requestFor(document, edit) ?? [])
        expect(bytesOf(run(document, [...requests].reverse()))).toBe(bytesOf(run(document, requests)))
      }),
    )
  })

  test('edits apart from each other give what they give one by one from the bottom up', () => {
    let tried = 0
    let made = 0
    fc.assert(
      fc.property(fileArbitrary, rangeEdit, rangeEdit, (document, upper, lower) => {
        tried += 1
        const top = requestFor(document, upper)
        const bottom = requestFor(document, lower)
        if (!top?.lines || !bottom?.lines || top.lines.last >= bottom.lines.first) return
        const batch = run(document, [top, bottom])
        const second = run(document, [bottom])
        const first = second && run(second.document, [top])
        // Where the last line does not end, the lower edit may take away the line end that the upper one would follow.
        if (!batch || !first || !endsWithEol(textOf(document))) return
        made += 1
        expect(bytesOf(batch)).toBe(bytesOf(first))
      }),
    )
    expect(made).toBeGreaterThan(tried / 20)
  })

  test('one edit that cannot be made refuses all', () => {
    fc.assert(
      fc.property(fileArbitrary, rangeEdit, (document, edit) => {
        const request = requestFor(document, edit)
        if (!request) return
        expect(run(document, [request, { oldText: 'nowhere in the file', newText: '' }])).toBeUndefined()
      }),
    )
  })
})

test('P8: a replacement is literal', () => {
  const special = fc.array(fc.constantFrom('$&', '$1', '$$', '$`', "$'", '\\1', '\\n', '%s', '\\', '{}'), {
    maxLength: 5,
  })
  fc.assert(
    fc.property(special, (parts) => {
      const text = parts.join('')
      const plan = run(documentFromText('before [x] after\n'), [{ oldText: '[x]', newText: text }])
      expect(plan && textOf(plan.document)).toBe(`before ${text} after\n`)
    }),
  )
})

test('P12: canonical edits, repeated on the original, give the same bytes', () => {
  fc.assert(
    fc.property(
      fileArbitrary,
      fc.array(rangeEdit, { minLength: 1, maxLength: 3 }),
      fc.nat(),
      (document, edits, salt) => {
        const requests = edits.flatMap((edit) => requestFor(document, edit) ?? []).map((request) => bend(request, salt))
        if (requests.length === 0) return
        const plan = run(document, requests)
        if (!plan) return
        const again = run(document, plan.canonical)
        expect(bytesOf(again)).toBe(bytesOf(plan))
        expect(again?.corrections).toEqual([])
      },
    ),
  )
})

/** Something for the looser tiers to forgive. */
function bend(request: EditRequest, salt: number): EditRequest {
  const change = (text: string | undefined): string | undefined => {
    if (text === undefined) return undefined
    if (salt % 4 === 1) return text.replaceAll('\n', '  \n')
    if (salt % 4 === 2) return text.replaceAll('“', '"').replaceAll('”', '"')
    return salt % 4 === 3 ? text.replace(/^ {2}/gm, '') : text
  }
  return {
    ...request,
    firstLine: change(request.firstLine),
    lastLine: change(request.lastLine),
    oldText: change(request.oldText),
  }
}

test('a file of bytes that are no UTF-8 keeps them', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 200 }), fc.nat(), (noise, at) => {
      const body = Buffer.from(noise)
      const position = at % (body.length + 1)
      const bytes = Buffer.concat([body.subarray(0, position), Buffer.from('<needle>'), body.subarray(position)])
      const document = documentOf(bytes, latin1)
      const plan = run(document, [{ oldText: '<needle>', newText: '<other>', lines: undefined }])
      if (!plan) return
      const expected = Buffer.concat([body.subarray(0, position), Buffer.from('<other>'), body.subarray(position)])
      expect(plan.document.bytes.whole().equals(expected)).toBe(true)
    }),
  )
})

/** Each line with its line end, as bytes in hex. */
function rawLines({ lines, encoding }: TextDocument): string[] {
  return lines.texts.map((text, index) => encoding.encode(text + (lines.eols[index] ?? '')).toString('hex'))
}

/** Of a file without a final newline, another line may become the last one. */
function withoutLastEol(lines: readonly string[]): string[] {
  const eols = /(?:0d000a00|000d000a|0d0a|0a00|000a|0d00|000d|0a|0d)$/
  return lines.map((line, index) => (index === lines.length - 1 ? line.replace(eols, '') : line))
}

function endsWithEol(text: string): boolean {
  return text === '' || /[\r\n]$/.test(text)
}
