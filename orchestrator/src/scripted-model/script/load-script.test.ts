import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import fc from 'fast-check'
import { expect, onTestFinished, test } from 'vitest'
import { createScriptedModel, faultSchema, loadScript, ruleNames } from '../index.js'
import { isTooDeep, scanJson } from './json-scan.js'

test('a script loads from a JSON file, with defaults filled in', async () => {
  const path = await scriptFile('{"steps": [{"reply": {"text": "Hi"}, "fault": {"cutAtByte": 0}}]}')
  expect(await loadScript(path)).toMatchObject({
    steps: [{ reply: { text: 'Hi' }, fault: { times: 1, cutAtByte: 0 } }],
  })
})

/** The text of a file; then what the message must say after the path. */
const broken: [string, string, RegExp][] = [
  ['no JSON at all', 'steps:', /, line 1, column 1: not JSON: expected a value, found "s"$/u],
  ['a trailing comma', '{"steps": [\n  1,\n]}', /, line 3, column 1: not JSON: expected a value, found "\]"$/u],
  ['a missing comma', '{"a": 1\n "b": 2}', /, line 2, column 2: not JSON: expected ',' or '\}', found "\\""$/u],
  [
    'an open string',
    '{"a": "b',
    /, line 1, column 9: not JSON: expected the closing double quote, found the end of the file$/u,
  ],
  ['a line break in a string', '{"a": "b\n"}', /column 9: not JSON: expected an escaped character/u],
  ['a bad escape', '{"a": "\\x"}', /column 8: not JSON: expected an escaped character/u],
  ['two values', '{} {}', /column 4: not JSON: expected the end of the text, found "\{"$/u],
  ['an empty file', '', /, line 1, column 1: not JSON: expected a value, found the end of the file$/u],
  ['endless nesting', '['.repeat(100_000), /at most 500 levels of nesting/u],
  ['no steps', '{"step": []}', /, line 1, column 1: steps: Invalid input: expected array, received undefined$/u],
  ['an empty list of steps', '{"steps": []}', /, line 1, column 11: steps: Too small/u],
  [
    'a list as the root',
    '[]',
    /, line 1, column 1: the value itself: Invalid input: expected object, received array$/u,
  ],
  [
    'an unknown field',
    '{"steps": [\n {"reply": {"text": "a"}, "wen": {}}\n]}',
    /, line 2, column 2: steps\[0\]: Unrecognized key: "wen"$/u,
  ],
  [
    'a reply without text or calls',
    '{"steps": [{"reply": {"reasoning": "Hm"}}]}',
    /column 22: steps\[0\]\.reply: expected text or calls/u,
  ],
  ['an empty reply text', '{"steps": [{"reply": {"text": ""}}]}', /steps\[0\]\.reply: expected text or calls/u],
  [
    'a bad regular expression',
    '{"steps": [{"when": {"last": "("}, "reply": {"text": "a"}}]}',
    /column 30: steps\[0\]\.when\.last: expected a regular expression: .*Unterminated group/u,
  ],
  [
    'an unknown placeholder',
    '{"steps": [{"when": {"last": "(?<a>.)"}, "reply": {"text": "{{b}}"}}]}',
    /steps\[0\]\.reply: expected one of \{\{last\}\}, \{\{0\}\}, \{\{1\}\}, \{\{a\}\}, found \{\{b\}\}$/u,
  ],
  [
    'a group without a pattern',
    '{"steps": [{"reply": {"text": "{{1}}"}}]}',
    /expected one of \{\{last\}\}, found \{\{1\}\}$/u,
  ],
  [
    'a placeholder deep in the arguments',
    '{"steps": [{"reply": {"calls": [{"name": "a", "arguments": {"b": [{"c": "{{d}}"}]}}]}}]}',
    /found \{\{d\}\}$/u,
  ],
  [
    'arguments that are a list',
    '{"steps": [{"reply": {"calls": [{"name": "a", "arguments": []}]}}]}',
    /column 60: steps\[0\]\.reply\.calls\[0\]\.arguments: expected an object or a string$/u,
  ],
  ['an unknown fault', fault('{"cutAt": 5}'), /steps\[0\]\.fault: Unrecognized key: "cutAt"$/u],
  ['a negative offset', fault('{"cutAtByte": -1}'), /, line 2, column 15: steps\[0\]\.fault\.cutAtByte: Too small/u],
  [
    'the second fault of a list',
    fault('[{"status": 503}, {"status": 200}]'),
    /, line 2, column 30: steps\[0\]\.fault\[1\]\.status: /u,
  ],
  ['two endings', fault('{"cutAtByte": 1, "stallAtByte": 2}'), /at most one of .*found stallAtByte and cutAtByte$/u],
  ['two ways of cutting', fault('{"chunkBytes": 1, "splitCharacters": true}'), /either chunkBytes or splitCharacters/u],
  ['Retry-After without a status', fault('{"retryAfter": "1"}'), /expected a status beside retryAfter/u],
  [
    'markup without a call',
    fault('{"markup": {"variant": "xml"}}'),
    /fault: expected a reply with at least 1 calls for this fault, found 0$/u,
  ],
  ['one index for no calls', fault('{"sameIndex": true}'), /at least 2 calls for this fault, found 0$/u],
  [
    'an unknown markup variant',
    fault('{"markup": {"variant": "yaml"}}'),
    /fault\.markup\.variant: Invalid option: expected one of "dsml-v4"/u,
  ],
  ['times 0', fault('{"status": 500, "times": 0}'), /steps\[0\]\.fault\.times/u],
]

test.each(broken)('%s is refused with file, position, field and what was expected', async (_name, text, says) => {
  const path = await scriptFile(text)
  const error: unknown = await loadScript(path).catch((caught: unknown) => caught)
  expect(error).toMatchObject({ name: 'ScriptError' })
  const message = error instanceof Error ? error.message : ''
  expect(message.startsWith(path)).toBe(true)
  expect(message.slice(path.length)).toMatch(says)
})

test('the example of the README is a script', async () => {
  const readme = await readFile(new URL('../README.md', import.meta.url), 'utf8')
  const example = /```json\n(.*?)```/su.exec(readme)?.[1] ?? ''
  expect((await loadScript(await scriptFile(example))).steps).toHaveLength(3)
})

test('the README names every rule, fault field and markup entry point', async () => {
  const readme = await readFile(new URL('../README.md', import.meta.url), 'utf8')
  const names = [...ruleNames, ...Object.keys(faultSchema.shape), 'markupVariants']
  expect(names.filter((name) => !readme.includes(`\`${name}\``))).toEqual([])
})

test('a missing file is an error that names it', async () => {
  await expect(loadScript('/nowhere/script.json')).rejects.toThrow(
    /^\/nowhere\/script\.json: expected a readable JSON file: ENOENT/u,
  )
})

test('a script from code is checked in the same way', async () => {
  const script = { steps: [{ reply: { text: '{{nobody}}' } }] }
  await expect(createScriptedModel({ script })).rejects.toThrow(/not valid: steps\[0\]\.reply: .*found \{\{nobody\}\}/u)
})

test('the scanner accepts what JSON.parse accepts, and refuses what it refuses', () => {
  const jsonLike = fc.oneof(
    fc.json(),
    fc.json().map((text) => JSON.stringify(JSON.parse(text), null, 2)),
    fc.tuple(fc.json(), fc.nat(), fc.constantFrom(',', '"', '\\', '}', ']', '0', 'e', '\n', ' ', '\u0001')).map(mutate),
    fc.stringMatching(/^[-+0-9.eE,\]["{}:\\untrfals ]{0,12}$/u),
  )
  fc.assert(fc.property(jsonLike, (text) => accepts(scanJson, text) === accepts(JSON.parse, text)))
})

test('depth counts brackets outside strings only', () => {
  const brackets = '[{'.repeat(1_000)
  expect(isTooDeep(JSON.stringify([brackets, `\\"${brackets}\\`, { [brackets]: 1 }]))).toBe(false)
  expect(isTooDeep('[{"a":'.repeat(251))).toBe(true)
  expect(isTooDeep('[]'.repeat(2_000))).toBe(false)
})

function mutate([text, at, character]: [string, number, string]): string {
  const place = at % (text.length + 1)
  return text.slice(0, place) + character + text.slice(place + (at % 2))
}

function accepts(parse: (text: string) => unknown, text: string): boolean {
  try {
    parse(text)
    return true
  } catch {
    return false
  }
}

function fault(text: string): string {
  return `{"steps": [{"reply": {"text": "a"}, "fault":\n${text}}]}`
}

async function scriptFile(text: string): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'scripted-model-'))
  onTestFinished(() => rm(folder, { recursive: true }))
  const path = join(folder, 'script.json')
  await writeFile(path, text)
  return path
}
