import { expect, test } from 'vitest'
import { fitOutput, fitProgress, outputCharsMax, outputLinesMax, progressCharsMax } from './tool-output.js'

test('a short output is left as it is', () => {
  expect(fitOutput('line 1\n\tline 2\r\n', { verbatim: false, hint: 'ask for less at once' })).toBe(
    'line 1\n\tline 2\r\n',
  )
})

test('terminal sequences go and other control characters become visible', () => {
  expect(
    fitOutput('\u001b[1;31mred\u001b[0m \u001b]0;title\u0007bell\u0007 \u0000\u009b', {
      verbatim: false,
      hint: 'ask for less at once',
    }),
  ).toBe('red bell\ufffd \ufffd\ufffd')
})

test('the text of our own tools is verbatim, control characters included', () => {
  expect(fitOutput('a\u001b[0m\u000cb', { verbatim: true, hint: 'ask for less at once' })).toBe('a\u001b[0m\u000cb')
})

test('half a surrogate pair becomes a replacement character in any output', () => {
  expect(fitOutput('a\ud83d', { verbatim: true, hint: 'ask for less at once' })).toBe('a\ufffd')
})

test('too many lines keep their beginning and end and say how many are left out', () => {
  const lines = Array.from({ length: outputLinesMax + 7 }, (_, index) => `line ${index}`)
  const fitted = fitOutput(lines.join('\n'), { verbatim: true, hint: 'ask for less at once' }).split('\n')
  expect(fitted).toHaveLength(outputLinesMax + 1)
  expect([fitted[0], fitted.at(-1)]).toEqual(['line 0', `line ${outputLinesMax + 6}`])
  expect(fitted).toContain('[7 lines left out; ask for less at once]')
})

test('too many characters keep their beginning and end and say how many are left out', () => {
  const fitted = fitOutput(`begin${'🙂'.repeat(outputCharsMax)}end`, { verbatim: true, hint: 'ask for less at once' })
  expect(fitted.length).toBeLessThan(outputCharsMax + 100)
  expect(fitted).toMatch(/^begin.*\n\[\d+ characters left out; ask for less at once\]\n.*end$/su)
  expect(fitted).not.toMatch(/[\ud800-\udbff](?![\udc00-\udfff])/)
})

test('progress is one bounded piece without control characters', () => {
  expect(fitProgress('\u001b[2K50 %')).toBe('50 %')
  expect(fitProgress('x'.repeat(progressCharsMax * 2))).toHaveLength(progressCharsMax)
})
