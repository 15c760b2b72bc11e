import { describe, expect, it } from 'vitest'
import { z } from 'zod'
import { Failure } from '../failure.js'
import { recordReply } from '../reply/record.js'
import { defineTool } from './define-tool.js'
import type { Call, ToolDefinition } from './tool.js'

const hints = { readOnly: true, destructive: false, idempotent: true, openWorld: false }
const shape = {
  path: z.string().describe('what to read'),
  lines: z.int().min(1).max(100).default(10).describe('how many lines (1–100, default 10)'),
  kind: z.enum(['file', 'directory']).optional(),
}

function define(changes: Partial<ToolDefinition<typeof shape>> = {}, seen: unknown[] = []) {
  return defineTool({
    name: 'peek',
    title: 'Peek',
    description: 'Shows the beginning of a file.',
    input: shape,
    example: { path: 'a.txt', lines: 5 },
    hints,
    async handler(input) {
      seen.push(input)
    },
    ...changes,
  })
}

/** Runs a tool on what a client sent and answers what its handler was given and what the model is told. */
async function run(raw: unknown, changes: Partial<ToolDefinition<typeof shape>> = {}) {
  const recorded = recordReply()
  const call: Call = {
    reply: recorded.reply,
    signal: new AbortController().signal,
    conversation: 'default',
    nonce: 'c0ffee00',
    outputCharsMax: 10_000,
    keepsPanels: false,
    progress: () => {},
  }
  const seen: unknown[] = []
  const problem = await define(changes, seen)
    .run(raw, call)
    .catch((error: unknown) => error)
  return { input: seen[0], notes: recorded.notes, problem }
}

describe('a tool', () => {
  it('gives its handler the parsed input with defaults', async () => {
    const { input, notes, problem } = await run({ path: 'a.txt' })
    expect({ input, notes, problem }).toEqual({ input: { path: 'a.txt', lines: 10 }, notes: [], problem: undefined })
  })

  it('publishes a flat object that says what may be left out', () => {
    expect(define().inputSchema).toEqual({
      type: 'object',
      properties: {
        path: { type: 'string', description: 'what to read' },
        lines: { type: 'integer', minimum: 1, maximum: 100, default: 10, description: expect.any(String) },
        kind: { type: 'string', enum: ['file', 'directory'] },
      },
      required: ['path'],
    })
  })

  it('takes null for what was not given', async () => {
    expect((await run({ path: 'a.txt', lines: null, kind: null })).input).toEqual({ path: 'a.txt', lines: 10 })
  })

  it.each([undefined, null])('takes %s for no arguments at all', async (raw) => {
    const { problem } = await run(raw)
    expect(String(problem)).toContain('"path"')
  })

  it('ignores unknown fields and says so', async () => {
    const one = await run({ path: 'a.txt', file: 'b.txt' })
    expect(one.input).toEqual({ path: 'a.txt', lines: 10 })
    expect(one.notes).toEqual(['Ignored unknown field "file".'])
    expect((await run({ path: 'a.txt', file: 'b.txt', mode: 1 })).notes).toEqual([
      'Ignored unknown fields "file", "mode".',
    ])
  })

  it('does not take names of every object for fields of its own', async () => {
    const raw: unknown = JSON.parse('{"path": "a.txt", "__proto__": {"lines": 99}, "constructor": 1, "toString": 2}')
    const { input, notes } = await run(raw)
    expect(input).toEqual({ path: 'a.txt', lines: 10 })
    expect(notes).toEqual(['Ignored unknown fields "__proto__", "constructor", "toString".'])
  })

  it('does not repeat a long field name in full, nor hundreds of them', async () => {
    const many = Object.fromEntries(Array.from({ length: 500 }, (_, index) => [`${'x'.repeat(100)}${index}`, 1]))
    const { notes } = await run({ path: 'a.txt', ...many })
    expect(notes).toHaveLength(1)
    expect(notes[0]?.length).toBeLessThan(1_000)
    expect(notes[0]).toMatch(/ and 492 more\.$/)
  })
})

describe('what a model sends from habit', () => {
  const accept: ToolDefinition<typeof shape>['accept'] = ({ file_path, ...rest }, note) => {
    if (file_path === undefined) return rest
    note('Took `file_path` for `path`.')
    return { path: file_path, ...rest }
  }

  it('is rewritten before validation, with a note', async () => {
    const { input, notes } = await run({ file_path: 'a.txt', lines: 3 }, { accept })
    expect(input).toEqual({ path: 'a.txt', lines: 3 })
    expect(notes).toEqual(['Took `file_path` for `path`.'])
  })

  it('is not in the published schema', () => {
    expect(JSON.stringify(define({ accept }).inputSchema)).not.toContain('file_path')
  })

  it('is validated like anything else', async () => {
    expect(String((await run({ file_path: 7 }, { accept })).problem)).toContain('"path"')
  })

  it('leaves the caller’s object as it was', async () => {
    const raw = Object.freeze({ path: 'a.txt', lines: null })
    expect((await run(raw)).problem).toBeUndefined()
    expect(raw).toEqual({ path: 'a.txt', lines: null })
  })
})

describe('arguments that are wrong', () => {
  it.each([
    ['a missing field', {}, '"path"'],
    ['a wrong type', { path: 5 }, '"path": Invalid input: expected string, received number'],
    ['a number out of bounds', { path: 'a', lines: 0 }, '"lines"'],
    ['a fraction', { path: 'a', lines: 1.5 }, '"lines"'],
    ['a value that is not one of the choices', { path: 'a', kind: 'socket' }, '"file"|"directory"'],
  ])('%s is refused with the field and a correct call', async (_, raw, message) => {
    const { input, problem } = await run(raw)
    expect(input).toBeUndefined()
    expect(problem).toBeInstanceOf(Failure)
    expect(String(problem)).toContain('Invalid arguments for peek.')
    expect(String(problem)).toContain(message)
    expect(String(problem)).toContain('A correct call: peek {"path":"a.txt","lines":5}')
  })

  it('names every field that is wrong', async () => {
    const { problem } = await run({ path: 1, lines: 'x' })
    expect(String(problem)).toMatch(/"path":.*; "lines":/)
  })

  it.each([
    ['a list', [], 'an array'],
    ['a string', '{"path": "a"}', 'string'],
    ['a number', 5, 'number'],
  ])('%s is refused as no object', async (_, raw, found) => {
    expect(String((await run(raw)).problem)).toContain(`must be a JSON object, found ${found}`)
  })
})

describe('a definition', () => {
  it.each(['Peek', 'peek-file', '1peek', 'p'.repeat(41), '', 'peek file'])('may not have the name %j', (name) => {
    expect(() => define({ name })).toThrow(/name/)
  })

  it('may not have a description that hosts cut', () => {
    expect(() => define({ description: 'x'.repeat(1_001) })).toThrow(/1001.*1000/)
    expect(() => define({ description: 'x'.repeat(1_000) })).not.toThrow()
  })
})
