import { execFile, spawnSync } from 'node:child_process'
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { renderChange } from '@auroracoder/kit/panel'
import OpenAI from 'openai'
import { expect, onTestFinished, test } from 'vitest'
import { z } from 'zod'
import { createScriptedModel } from '../scripted-model/index.js'
import { createDemoWorkspace, demoScript, demoTask } from './index.js'

const testEnv = { PATH: process.env.PATH, TERM: 'dumb', NO_COLOR: '1', LC_ALL: 'C.UTF-8' }

test('exactly one test of the fresh project fails, and one character fixes it', async () => {
  const dir = await workspace()
  expect((await shell(dir, 'node --test --test-reporter=spec')).output).toMatch(/pass 7\s+ℹ fail 1$/mu)
  const file = join(dir, 'src/discounts.js')
  await writeFile(file, (await readFile(file, 'utf8')).replace('quantity > rule', 'quantity >= rule'))
  expect((await shell(dir, 'npm test --silent')).code).toBe(0)
})

test.skipIf(spawnSync('git', ['--version']).error !== undefined)(
  'the project is committed, whatever the machine configures',
  async () => {
    const dir = await workspace()
    const { output } = await shell(dir, 'git status --porcelain --branch && git log --format=%an:%s')
    expect(output).toBe('## main\nDemo:Print receipts with bulk discounts\n')
  },
)

test('without git the project is just files', async () => {
  const dir = await workspace({ path: '/nonexistent' })
  expect((await readdir(dir)).sort()).toEqual(['.gitignore', 'README.md', 'package.json', 'src', 'test'])
})

test('nothing is overwritten', async () => {
  const dir = await workspace()
  await expect(createDemoWorkspace(dir)).rejects.toThrow(/EEXIST/u)
})

test('the model runs the tests, looks, reads, corrects the line and shows that the suite passes', async () => {
  const dir = await workspace()
  const { rounds, text } = await play(dir)
  expect(rounds.map((calls) => calls.map((call) => call.name))).toEqual([
    ['run_terminal_command'],
    ['list_directory', 'grep_search'],
    ['read_file'],
    ['edit_file'],
    ['run_terminal_command'],
  ])
  expect(rounds[2]?.[0]?.arguments).toEqual({ paths: ['src/discounts.js', 'test/discounts.test.js'] })
  expect(text).toMatch(/^The suite passes: 8 tests/u)
  expect((await shell(dir, 'node --test')).code).toBe(0)
})

test('the edit names a wrong line, and content that stands in the file exactly once', async () => {
  const dir = await workspace()
  const lines = (await readFile(join(dir, 'src/discounts.js'), 'utf8')).split('\n')
  const { rounds } = await play(dir)
  const edit = editSchema.parse(rounds[3]?.[0]?.arguments).edits[0]
  expect(lines.filter((line) => line === edit.first_line)).toHaveLength(1)
  expect(lines[Number(edit.lines) - 1]).toBeDefined()
  expect(lines[Number(edit.lines) - 1]).not.toBe(edit.first_line)
})

test('where the edit did not happen, the model does not claim that it did', async () => {
  const dir = await workspace()
  const { rounds, text } = await play(dir, { edit_file: () => 'Refused: first_line matches nothing.' })
  expect(rounds).toHaveLength(5)
  expect(text).toMatch(/the task is not done.*fail 1/su)
})

test('where nothing fails, nothing is changed', async () => {
  const dir = await workspace()
  const file = join(dir, 'src/discounts.js')
  await writeFile(file, (await readFile(file, 'utf8')).replace('quantity > rule', 'quantity >= rule'))
  const { rounds, text } = await play(dir)
  expect(rounds).toHaveLength(1)
  expect(text).toBe('The suite does not fail: 8 tests pass. I changed nothing.')
})

test.each([
  ['run_terminal_command', 'bash: node: command not found', 1],
  ['grep_search', 'No matches.', 2],
  ['read_file', 'src/discounts.js: permission denied', 3],
])('a %s that does not help ends the task with what it said', async (tool, said, rounds) => {
  const played = await play(await workspace(), { [tool]: () => said })
  expect(played.rounds).toHaveLength(rounds)
  expect(played.text).toMatch(/I changed nothing\./u)
  expect(played.text.endsWith(said)).toBe(true)
})

test('the task can be given twice in one session, and any other is declined', async () => {
  const dir = await workspace()
  const { ask } = await session(dir)
  expect((await ask(`Today is Monday.\n\n${demoTask}`)).text).toMatch(/^The suite passes/u)
  expect((await ask(demoTask)).text).toMatch(/^The suite does not fail/u)
  expect((await ask('Write a poem.')).text).toMatch(/Set DEEPSEEK_API_KEY/u)
})

type Args = Record<string, unknown>
type Tools = Record<string, (args: Args) => Promise<string> | string>
interface Call {
  name: string
  arguments: Args
}

async function play(dir: string, tools: Tools = {}) {
  const { ask } = await session(dir, tools)
  return ask(demoTask)
}

/** The smallest loop that does what the model asks for: real commands, real files. */
async function session(dir: string, replaced: Tools = {}) {
  const model = await createScriptedModel({ script: demoScript })
  onTestFinished(() => model.close())
  const client = new OpenAI({ apiKey: 'any', baseURL: model.url, maxRetries: 0 })
  const tools: Tools = { ...realTools(dir), ...replaced }
  const messages: OpenAI.ChatCompletionMessageParam[] = []
  const ask = async (content: string) => {
    messages.push({ role: 'user', content })
    const rounds: Call[][] = []
    for (;;) {
      const answer = await client.chat.completions.create({ model: 'deepseek-flash', messages })
      const { reasoning_content, ...message } = answerSchema.parse(answer.choices[0]?.message)
      const { tool_calls: calls } = message
      messages.push(
        calls
          ? Object.assign({ ...message, tool_calls: calls }, { reasoning_content })
          : { role: 'assistant', content: message.content },
      )
      if (calls === undefined) return { rounds, text: message.content }
      rounds.push(
        calls.map((call) => ({
          name: call.function.name,
          arguments: argumentsSchema.parse(JSON.parse(call.function.arguments)),
        })),
      )
      for (const [index, call] of (rounds.at(-1) ?? []).entries()) {
        const result = (await tools[call.name]?.(call.arguments)) ?? 'No such tool.'
        messages.push({ role: 'tool', tool_call_id: calls[index]?.id ?? '', content: result })
      }
    }
  }
  return { ask }
}

function realTools(dir: string): Tools {
  return {
    run_terminal_command: async (args) => {
      const { output, code } = await shell(dir, String(args.command))
      return `${output}\n[exit_code ${code}]`
    },
    list_directory: async () => (await readdir(dir, { recursive: true })).join('\n'),
    grep_search: async (args) =>
      (await shell(dir, `grep -rn --exclude-dir=.git '${args.pattern}' .`)).output.replaceAll('./test/', 'test/'),
    read_file: async (args) => {
      const views = z
        .array(z.string())
        .parse(args.paths)
        .map(async (key) => {
          const lines = (await readFile(join(dir, key), 'utf8')).split('\n').slice(0, -1)
          const view = {
            path: key,
            revision: '00000000',
            lineCount: lines.length,
            encoding: 'utf-8',
            eol: 'lf' as const,
            finalNewline: true,
            ranges: [{ start: 1, lines }],
          }
          return renderChange({ kind: 'opened', key, view }, 'nonce')
        })
      return ['Opened.', ...(await Promise.all(views))].join('\n')
    },
    edit_file: async (args) => {
      const { path, edits } = editSchema.parse(args)
      const file = join(dir, path)
      const text = await readFile(file, 'utf8')
      await writeFile(
        file,
        text.replace(`${edits[0].first_line}\n`, () => `${edits[0].new_text}\n`),
      )
      return 'Edited.'
    },
  }
}

async function workspace(options: { path?: string } = {}): Promise<string> {
  const dir = await mkdtemp(join(tmpdir(), 'demo-'))
  onTestFinished(() => rm(dir, { recursive: true }))
  await createDemoWorkspace(dir, options)
  return dir
}

function shell(cwd: string, command: string): Promise<{ output: string; code: number }> {
  return new Promise((resolve) => {
    const child = execFile('sh', ['-c', command], { cwd, env: testEnv }, (_error, stdout, stderr) => {
      resolve({ output: stdout + stderr, code: child.exitCode ?? -1 })
    })
  })
}

const argumentsSchema = z.record(z.string(), z.unknown())

const editSchema = z.object({
  path: z.string(),
  edits: z.tuple([z.strictObject({ lines: z.string(), first_line: z.string(), new_text: z.string() })]),
})

const answerSchema = z.object({
  role: z.literal('assistant'),
  content: z.string(),
  reasoning_content: z.string(),
  tool_calls: z
    .array(
      z.object({
        id: z.string(),
        type: z.literal('function'),
        function: z.object({ name: z.string(), arguments: z.string() }),
      }),
    )
    .optional(),
})
