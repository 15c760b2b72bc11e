import { describe, expect, test } from 'vitest'
import { documentFromText, textOf } from '../text/document.fixture.js'
import type { Basis } from './basis.js'
import { planEdits } from './plan.js'
import type { EditRequest } from './request.js'

const program = [
  'def main():',
  '    if ready:',
  '        start()',
  '    else:',
  '        wait()',
  '',
  'def other():',
  '    pass',
  '',
].join('\n')

function edit(text: string, ...edits: EditRequest[]): string {
  const outcome = planEdits({ document: documentFromText(text), edits, basis: shownBasis(text) })
  return 'ok' in outcome ? textOf(outcome.ok.document) : `refused: ${outcome.refused}`
}

function corrections(text: string, ...edits: EditRequest[]): readonly string[] {
  const outcome = planEdits({ document: documentFromText(text), edits, basis: shownBasis(text) })
  return 'ok' in outcome ? outcome.ok.corrections : [outcome.refused]
}

function shownBasis(text: string): Basis {
  return {
    texts: documentFromText(text).lines.texts,
    isShown: () => true,
    translate: (line) => ({ line, exact: true }),
    changed: false,
    editedThisTurn: false,
  }
}

describe('whole lines', () => {
  test('a range is named by its boundary lines', () => {
    const request = {
      lines: { first: 2, last: 5 },
      firstLine: '    if ready:',
      lastLine: '        wait()',
      newText: '    go()',
    }
    expect(edit(program, request)).toBe('def main():\n    go()\n\ndef other():\n    pass\n')
  })

  test('a final newline on either side is neither needed nor doubled', () => {
    for (const oldText of ['        start()', '        start()\n']) {
      for (const newText of ['        stop()', '        stop()\n']) {
        expect(edit(program, { oldText, newText })).toBe(program.replace('start()', 'stop()'))
      }
    }
  })

  test('an empty new text deletes the lines', () => {
    expect(edit('a\nb\nc\n', { oldText: 'b', newText: '' })).toBe('a\nc\n')
    expect(edit('a\nb\nc', { lines: { first: 3, last: 3 }, firstLine: 'c', newText: '' })).toBe('a\nb')
    expect(edit('a', { oldText: 'a', newText: '' })).toBe('')
  })

  test('a new text of one line end is a blank line', () => {
    expect(edit('a\nb\nc\n', { oldText: 'b', newText: '\n' })).toBe('a\n\nc\n')
  })

  test('a range that ends in a blank line keeps it when the new text ends in a line end', () => {
    const range = { lines: { first: 1, last: 2 }, firstLine: 'a', lastLine: '' }
    expect(edit('a\n\nb\n', { ...range, newText: 'x\n' })).toBe('x\n\nb\n')
    expect(edit('a\n\nb\n', { ...range, newText: 'x\n\n' })).toBe('x\n\nb\n')
    expect(edit('a\n\nb\n', { ...range, newText: 'x' })).toBe('x\nb\n')
  })

  test('insert puts lines beside the anchor', () => {
    expect(edit('a\nb\n', { firstLine: 'a', newText: 'x\ny', insert: 'after' })).toBe('a\nx\ny\nb\n')
    expect(edit('a\nb\n', { firstLine: 'a', newText: 'x\n', insert: 'before' })).toBe('x\na\nb\n')
    expect(edit('a\nb', { oldText: 'b', newText: 'x', insert: 'after' })).toBe('a\nb\nx')
  })

  test('without an anchor, insert means the start and the end of the file', () => {
    expect(edit('a\n', { newText: 'x', insert: 'after' })).toBe('a\nx\n')
    expect(edit('a', { newText: 'x', insert: 'after' })).toBe('a\nx')
    expect(edit('a\n', { newText: 'x', insert: 'before' })).toBe('x\na\n')
  })

  test('an empty file takes the new text as it is', () => {
    expect(edit('', { newText: 'a\r\nb' })).toBe('a\r\nb')
  })

  test('lines without their content are refused, and the content is told', () => {
    expect(edit(program, { lines: { first: 3, last: 3 }, newText: 'x' })).toContain('Line 3 is now "        start()"')
    const range = { lines: { first: 2, last: 3 }, firstLine: '    if ready:', newText: 'x' }
    expect(edit(program, range)).toContain('"last_line" is missing. Line 3 is now')
  })
})

describe('parts of lines', () => {
  test('are replaced literally', () => {
    expect(edit('one two three\n', { oldText: 'two', newText: '2\n' })).toBe('one 2\n three\n')
    expect(edit('one two\nthree\n', { oldText: 'two\nth', newText: 'TH' })).toBe('one THree\n')
    expect(edit('one two\nthree\n', { oldText: 'two\n', newText: '2 ' })).toBe('one 2 three\n')
  })

  test('two parts of one line can be edited in one call', () => {
    expect(edit('one two three\n', { oldText: 'one', newText: '1' }, { oldText: 'three', newText: '3' })).toBe(
      '1 two 3\n',
    )
  })

  test('replace_all replaces every occurrence, in lines and as lines, literally', () => {
    expect(edit('x\naxa\nx\n', { oldText: 'x', newText: '', replaceAll: true })).toBe('\naa\n\n')
    expect(edit('aaa\n', { oldText: 'aa', newText: 'b', replaceAll: true })).toBe('ba\n')
  })
})

describe('choosing among equal places', () => {
  const twins = ['f() {', '  x', '}', '', 'g() {', '  x', '}', ''].join('\n')

  test('the one strictly nearest to the hint is taken when it is within 3 lines', () => {
    expect(edit(twins, { lines: { first: 5, last: 5 }, oldText: '  x', newText: '  y' })).toBe(
      twins.replace(/x(?!.*x)/s, 'y'),
    )
  })

  test('a tie, a far hint and no hint are refused with all candidates', () => {
    const tie = edit(twins, { lines: { first: 4, last: 4 }, oldText: '  x', newText: '  y' })
    expect(tie).toContain('Found 2 times')
    expect(tie).toContain('2\t  x')
    expect(tie).toContain('6\t  x')
    expect(edit(twins, { lines: { first: 30, last: 30 }, oldText: '  x', newText: '  y' })).toContain('Found 2 times')
    expect(edit(twins, { oldText: '  x', newText: '  y' })).toContain('Found 2 times')
  })

  test('a single place is taken wherever the hint points', () => {
    const request = { lines: { first: 99, last: 99 }, oldText: 'g() {', newText: 'h() {' }
    expect(edit(twins, request)).toBe(twins.replace('g()', 'h()'))
    expect(corrections(twins, request)).toEqual(['Edit 1 was made at line 5, not 99.'])
  })

  test('first and last line move together', () => {
    const request = {
      lines: { first: 6, last: 8 },
      firstLine: '    if ready:',
      lastLine: '    else:',
      newText: '    go()',
    }
    expect(edit(program, request)).toBe('def main():\n    go()\n        wait()\n\ndef other():\n    pass\n')
  })

  test('boundaries that fit at a wrong line number are refused when the new text belongs elsewhere', () => {
    const file = '\nfirst paragraph\nof two lines\n\nsecond paragraph\nof two lines\n\n'
    const request = { lines: { first: 4, last: 7 }, firstLine: '', lastLine: '', newText: '\nfirst paragraph\nof 2\n' }
    expect(edit(file, request)).toContain('also at lines 1-4, which new_text resembles more')
    expect(edit(file, { ...request, lines: { first: 1, last: 4 } })).toContain('first paragraph\nof 2\n')
  })

  test('a miscounted range is taken when both boundaries are unique', () => {
    const request = {
      lines: { first: 2, last: 4 },
      firstLine: '    if ready:',
      lastLine: '        wait()',
      newText: '    go()',
    }
    expect(edit(program, request)).toBe('def main():\n    go()\n\ndef other():\n    pass\n')
  })
})

describe('anchors that fit exactly elsewhere, and loosely at the lines named', () => {
  const chapters = [
    '',
    'alpha one',
    'alpha two',
    '#end',
    'x',
    'y',
    'z',
    ' ',
    'gamma one',
    'gamma two',
    '#end',
    '',
  ].join('\n')
  const range = { lines: { first: 8, last: 11 }, firstLine: '', lastLine: '#end' }
  const newText = '\ngamma one\ngamma 2\n#end'

  test('mean the lines named, when those between are as shown and the new text is like them', () => {
    expect(edit(chapters, { ...range, newText })).toBe(chapters.replace('gamma two', 'gamma 2'))
    const several = `${chapters}\nbeta one\nbeta two\n#end\n`
    expect(edit(several, { ...range, newText })).toBe(several.replace('gamma two', 'gamma 2'))
  })

  test.each([
    ['trailing whitespace', '  a:  ', '  end ', '  a:', '  end'],
    ['indentation', 'a:', 'end', '  a:', '  end'],
    ['quotes', '  ‘a’', '  end', "  'a'", '  end'],
  ])('differing in %s', (_, first, last, firstLine, lastLine) => {
    const file = [firstLine, 'one item', lastLine, '-', '-', '-', '-', first, '      more items', last, ''].join('\n')
    const request = { lines: { first: 8, last: 10 }, firstLine, lastLine }
    const made = edit(file, { ...request, newText: `${firstLine}\n      more items\n      yet more\n${lastLine}` })
    expect(made.split('\n').slice(0, 7)).toEqual(file.split('\n').slice(0, 7))
    expect(made).toContain('yet more')
  })

  test('mean the lines named where both places hold the same', () => {
    const twins = 'a:\n  one\nend\n-\n-\n-\n-\n-\na: \n  one\nend\n'
    const request = { lines: { first: 9, last: 11 }, firstLine: 'a:', lastLine: 'end', newText: 'a:\nend' }
    expect(edit(twins, request)).toBe(twins.replace('a: \n  one\n', 'a: \n'))
    expect(edit(twins, { ...request, lines: { first: 20, last: 22 } })).toBe(twins.replace('  one\n', ''))
  })

  test('are refused when the new text tells nothing, or is like the other place', () => {
    for (const other of ['', '\n', '\nalpha one\nalpha 2\n#end', '\nalpha one\ngamma one\n#end']) {
      expect(edit(chapters, { ...range, newText: other })).toContain('refused')
    }
  })

  test('are refused when the lines between have changed, or have not been shown', () => {
    const document = documentFromText(chapters)
    const shown = shownBasis(chapters)
    const changed = {
      ...shown,
      texts: documentFromText(chapters.replace('gamma one', 'gamma 1')).lines.texts,
      changed: true,
    }
    const unseen = { ...shown, isShown: (line: number) => line !== 8 }
    const replaced = { ...shown, translate: (line: number) => ({ line, exact: line !== 10 }) }
    for (const basis of [changed, unseen, replaced, undefined]) {
      expect(planEdits({ document, edits: [{ ...range, newText }], basis })).toHaveProperty('refused')
    }
  })

  test('mean the lines named also when they have moved since they were shown', () => {
    const document = documentFromText(`new\n${chapters}`)
    const moved: Basis = {
      ...shownBasis(chapters),
      translate: (line) => ({ line: line + 1, exact: true }),
      changed: true,
    }
    const outcome = planEdits({ document, edits: [{ ...range, newText }], basis: moved })
    expect('ok' in outcome && textOf(outcome.ok.document)).toBe(`new\n${chapters.replace('gamma two', 'gamma 2')}`)
  })

  test('stay what they are in an old text', () => {
    const { firstLine, lastLine, lines } = range
    const oldText = `${firstLine}\nalpha one\nalpha two\n${lastLine}`
    expect(edit(chapters, { lines, oldText, newText })).toBe(
      chapters.replace('alpha one\nalpha two', 'gamma one\ngamma 2'),
    )
  })
})

describe('what is forgiven', () => {
  test('trailing whitespace, which untouched lines keep', () => {
    const file = 'a  \nb \nc\t\n'
    expect(edit(file, { oldText: 'a\nb\nc', newText: 'a\nB\nc' })).toBe('a  \nB\nc\t\n')
    expect(corrections(file, { oldText: 'a\nb\nc', newText: 'a\nB\nc' })).toEqual([
      'Edit 1 was matched with trailing whitespace ignored.',
    ])
  })

  test('trailing whitespace of the last of several lines, which goes when that line changes', () => {
    expect(edit('a\nb  \nc\n', { oldText: 'a\nb', newText: 'a\nB' })).toBe('a\nB\nc\n')
    expect(edit('a\nb  \nc\n', { oldText: 'a\nb', newText: 'A\nb' })).toBe('A\nb  \nc\n')
    expect(edit('a\nb  \nc\n', { oldText: 'b', newText: 'B' })).toBe('a\nB  \nc\n')
  })

  test('trailing whitespace within a text that begins and ends inside lines', () => {
    expect(edit('foo(a, \n    b)\n', { oldText: '(a,\n    b', newText: '(c,\n    b' })).toBe('foo(c,\n    b)\n')
  })

  test('a uniform shift of the indentation', () => {
    const oldText = 'if ready:\n    start()'
    expect(edit(program, { oldText, newText: 'if set:\n    start()\n    log()' })).toBe(
      program.replace('    if ready:\n        start()', '    if set:\n        start()\n        log()'),
    )
  })

  test('spaces for tabs', () => {
    const file = 'f() {\n\tif (a) {\n\t\tb()\n\t}\n}\n'
    const oldText = '    if (a) {\n        b()\n    }'
    expect(edit(file, { oldText, newText: '    if (a) {\n        c()\n            d()\n    }' })).toBe(
      'f() {\n\tif (a) {\n\t\tc()\n\t\t\td()\n\t}\n}\n',
    )
  })

  test('not: a new text that may be at either indentation', () => {
    const request = { lines: { first: 3, last: 3 }, firstLine: 'start()', newText: '        stop()' }
    const inLine = edit(program, { ...request, oldText: undefined })
    expect(inLine).toContain('refused')
    expect(inLine).toContain('exactly as displayed')
  })

  test('spaces for tabs where a block comment is new to the file', () => {
    const file = 'f() {\n\tif (a) {\n\t\tb()\n\t}\n}\n'
    const oldText = '    if (a) {\n        b()\n    }'
    const comment = '    /**\n     * Why.\n     *\n     */\n'
    const expected = file.replace('\tif', '\t/**\n\t * Why.\n\t *\n\t */\n\tif')
    expect(edit(file, { oldText, newText: comment + oldText })).toBe(expected)
    const anchors = { lines: { first: 2, last: 4 }, firstLine: '    if (a) {', lastLine: '    }' }
    expect(edit(file, { ...anchors, newText: comment + oldText })).toBe(expected)
  })

  test('not: spaces for tabs where a new line is indented by part of a step', () => {
    const file = 'f() {\n\tif (a) {\n\t\tb()\n\t}\n}\n'
    const oldText = '    if (a) {\n        b()\n    }'
    for (const line of ['     b', '      * b', '     *b', '     **']) {
      expect(edit(file, { oldText, newText: `${line}\n${oldText}` })).toContain('line 1 of new_text has no counterpart')
    }
  })

  test('an indentation that the anchors lack, also where a new line then looks like another line of the file', () => {
    const file = 'def f():\n    else:\n        a()\n        b()\n    c()\n    d()\n'
    const request = { lines: { first: 2, last: 6 }, firstLine: 'else:', lastLine: 'd()' }
    const newText = 'else:\n    with x:\n        a()\n        b()\n    c()\nd()'
    expect(edit(file, { ...request, newText })).toBe(
      'def f():\n    else:\n        with x:\n            a()\n            b()\n        c()\n    d()\n',
    )
    expect(edit(file, { ...request, newText: 'else:\n    a()\n    e()\nc()\nd()' })).toBe(file.replace('b()', 'e()'))
  })

  test('an indentation that the anchors lack, where the lines between them are shallower', () => {
    const file = '{\n        nan,\n    };\n    return {\n        b;\n        }\n}\n'
    const request = { lines: { first: 2, last: 6 }, firstLine: '    nan,', lastLine: '    }' }
    expect(edit(file, { ...request, newText: '    nan,\n};\nreturn {\n    if (x) {\n        b;\n    }\n    }' })).toBe(
      '{\n        nan,\n    };\n    return {\n        if (x) {\n            b;\n        }\n        }\n}\n',
    )
  })

  test('spaces for tabs in the anchors, and lines between them stay aligned as they are', () => {
    const file = 'f(\n\ta(b,\n\t    c)\n\td()\n)\n'
    const request = { lines: { first: 2, last: 4 }, firstLine: '    a(b,', lastLine: '    d()' }
    expect(edit(file, { ...request, newText: '    a(b,\n        c)\n    e()' })).toBe(file.replace('d()', 'e()'))
  })

  test('not: an indentation that the anchors lack when a line between them cannot lack it', () => {
    const file = 'function a() {\n    return 1\n}\nfunction b() {\n    return 2\n}\n'
    const request = { lines: { first: 2, last: 5 }, firstLine: 'return 1', lastLine: 'return 2' }
    for (const indentation of ['', '    ']) {
      const newText = `${indentation}return 3\n}\nfunction b() {\n${indentation}return 2`
      expect(edit(file, { ...request, newText })).toContain('exactly as displayed')
    }
    expect(edit(file, { ...request, newText: '' })).toBe('function a() {\n}\n')
  })

  test('curly quotes, dashes and no-break spaces, which untouched words keep', () => {
    const file = 'He said \u201chello\u201d \u2013 then\u00a0left.\nEnd\n'
    const oldText = 'He said "hello" - then left.'
    expect(edit(file, { oldText, newText: 'He said "hello" - then stayed.' })).toBe(
      'He said \u201chello\u201d \u2013 then\u00a0stayed.\nEnd\n',
    )
    expect(edit(file, { oldText: 'said "hello"', newText: 'wrote "hello"' })).toBe(file.replace('said', 'wrote'))
  })

  test('line numbers pasted from a view', () => {
    const oldText = ' 2\t    if ready:\n 3\t        start()'
    expect(edit(program, { oldText, newText: ' 2\t    if set:\n 3\t        start()' })).toBe(
      program.replace('ready', 'set'),
    )
    expect(edit(program, { firstLine: '3:\t        start()', newText: '        stop()' })).toBe(
      program.replace('start', 'stop'),
    )
  })

  test('a markdown fence around both texts', () => {
    const request = { oldText: '```python\n    if ready:\n```', newText: '```python\n    if set:\n```' }
    expect(edit(program, request)).toBe(program.replace('ready', 'set'))
  })

  test('escape sequences and HTML entities', () => {
    expect(edit('a "b"\nc\n', { oldText: 'a \\"b\\"\\nc', newText: 'a\\tb' })).toBe('a\tb\n')
    expect(edit('if (a < b && c) {}\n', { oldText: 'a &lt; b &amp;&amp; c', newText: 'a &gt; b' })).toBe(
      'if (a > b) {}\n',
    )
  })

  test('not: artefacts in the new text alone, which are content', () => {
    expect(edit('a\n', { oldText: 'a', newText: '1\t&lt;\\n' })).toBe('1\t&lt;\\n\n')
  })

  test('a looser likeness is not tried when a stricter one finds something', () => {
    expect(edit('a\na \n', { oldText: 'a\n', newText: 'b' })).toBe('b\na \n')
  })
})

describe('refusals', () => {
  test('say what was expected, what is there and where similar text is', () => {
    const message = edit(program, { lines: { first: 3, last: 3 }, firstLine: '        begin()', newText: 'x' })
    expect(message).toContain('first_line "        begin()"')
    expect(message).toContain('3\t        start()')
    const far = edit(program, { oldText: 'def another():\n    pass', newText: 'x' })
    expect(far).toContain('The most similar place')
    expect(far).toContain('8\t    pass')
  })

  test('name a difference that is only whitespace', () => {
    const message = edit('  a\n    b\n', { oldText: 'a\n b', newText: 'x' })
    expect(message).toContain('Only indentation differs at line 1')
    expect(message).toContain('2 spaces')
    const anchors = { lines: { first: 2, last: 5 }, firstLine: 'if ready:', lastLine: 'wait()', newText: 'x' }
    expect(edit(program, anchors)).toContain('line 2: the file has "    if ready:" (indented by 4 spaces)')
    expect(edit('x  = 1\n', { oldText: 'x = 1', newText: 'y' })).toContain('Only whitespace inside the line differs')
  })

  test('notice an edit that has been made already', () => {
    expect(edit('new line\n', { oldText: 'old line', newText: 'new line' })).toContain('stands at line 1 already')
  })

  test('list every failing edit of a batch, and nothing is written', () => {
    const message = edit(
      program,
      { oldText: 'nope', newText: '' },
      { oldText: 'pass', newText: 'ok' },
      { oldText: 'no', newText: '' },
    )
    expect(message).toContain('Edit 1: Not found')
    expect(message).toContain('Edit 3: Not found')
    expect(message).toContain('The other 1 would apply')
  })

  test('name edits that overlap, and let edits touch', () => {
    const overlap = edit('a\nb\nc\n', { oldText: 'a\nb', newText: 'x' }, { oldText: 'b\nc', newText: 'y' })
    expect(overlap).toContain('Edits 1 and 2 overlap')
    expect(edit('a\nb\nc\n', { oldText: 'a\nb', newText: 'x' }, { oldText: 'c', newText: 'y' })).toBe('x\ny\n')
    const twice = [
      { firstLine: 'a', newText: 'x', insert: 'after' } as const,
      { firstLine: 'a', newText: 'y', insert: 'after' } as const,
    ]
    expect(edit('a\n', ...twice)).toContain('insert at the same place')
  })

  test('an edit that changes nothing', () => {
    expect(edit('a\n', { oldText: 'a', newText: 'a' })).toContain('change nothing')
  })

  test('two line ends that would run together', () => {
    expect(edit('a\rb\n\n', { oldText: 'b', newText: '' })).toContain('two lines would become one')
  })

  test('a byte order mark that would come to stand first, and a NUL: the next reader would find another text', () => {
    expect(edit('a\n\ufeffb\n', { oldText: 'a', newText: '' })).toContain('a byte order mark')
    expect(edit('a\n', { oldText: 'a', newText: '\ufeffb' })).toContain('a byte order mark')
    expect(edit('a\nb\n', { oldText: 'b', newText: '\ufeffc' })).toBe('a\n\ufeffc\n')
    expect(edit('a\nb\n', { oldText: 'b', newText: 'c\0' })).toContain('NUL')
  })

  test('one of more equal places than fit on the stack, unless the lines say which or all are meant', () => {
    const text = 'a\n'.repeat(130_000)
    expect(edit(text, { oldText: 'a', newText: 'b' })).toContain('Found 130000 times')
    const lines = { first: 3, last: 3 }
    expect(edit(text, { lines, firstLine: 'a', newText: 'b' })).toBe(`a\na\nb\n${text.slice(6)}`)
    expect(edit(text.slice(0, 140_000), { oldText: 'a', newText: 'b', replaceAll: true })).toBe('b\n'.repeat(70_000))
  })

  test('no line hint and no text', () => {
    expect(edit('a\n', { newText: 'x' })).toContain('neither "old_text" nor "lines"')
    expect(edit('', { oldText: 'x', newText: 'y' })).toContain('The file is empty')
  })
})

describe('line ends', () => {
  test('new lines take those of the lines they replace or follow', () => {
    expect(edit('a\r\nb\r\nc\r\n', { oldText: 'b\nc', newText: 'x\ny\nz' })).toBe('a\r\nx\r\ny\r\nz\r\n')
    expect(edit('a\r\nb\nc\r\n', { oldText: 'a\nb\nc', newText: 'a\nb2\nnew\nc' })).toBe('a\r\nb2\nnew\nc\r\n')
    expect(edit('a\rb', { firstLine: 'b', newText: 'x', insert: 'after' })).toBe('a\rb\rx')
  })

  test('form feed, NEL and U+2028 end no line', () => {
    expect(edit('a\fb\u0085c\u2028d\ne\n', { lines: { first: 2, last: 2 }, firstLine: 'e', newText: 'E' })).toBe(
      'a\fb\u0085c\u2028d\nE\n',
    )
  })
})
