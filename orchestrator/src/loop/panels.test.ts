import { reconstruct } from '@auroracoder/kit/panel'
import { expect, test } from 'vitest'
import { z } from 'zod'
import type { ToolOutcome, ToolSet } from '../connect/index.js'
import { modelNotices, type PanelPolicy } from '../context/index.js'
import { createDesk, type Desk } from '../context/panels/desk.fixture.js'
import type { LoopOutput, StoredEvent } from '../events/index.js'
import type { ScriptInput } from '../scripted-model/index.js'
import {
  asked,
  continuing,
  ofType,
  perform,
  type Stage,
  saidText,
  sentMessages,
  setStage,
  stored,
  type TestTool,
  toolSet,
} from './rehearsal.fixture.js'

const readArgs = z.object({ path: z.string() })
const writeArgs = readArgs.extend({ content: z.string() })

/** Tools over a desk, and a shell that nobody watches. */
function deskTools(desk: Desk): TestTool[] {
  const told = (panel: ToolOutcome['panel']) => ({ text: 'ok', panel })
  return [
    { name: 'read', readOnly: true, run: ({ args }) => told(desk.read(readArgs.parse(args).path)) },
    {
      name: 'write',
      run({ args }) {
        const { path, content } = writeArgs.parse(args)
        return told(desk.write(path, content, 'written'))
      },
    },
    {
      name: 'shell',
      run({ args }) {
        const { path, content } = writeArgs.parse(args)
        desk.disk.set(path, content)
        return { text: 'exit code 0' }
      },
    },
  ]
}

interface Play {
  desk: Desk
  stage: Stage
  /** What the loop told the servers at each read. */
  standings: Parameters<ToolSet['readPanels']>[0][]
  run(options?: {
    history?: readonly StoredEvent[]
    panelPolicy?: PanelPolicy
    signal?: AbortSignal
    readPanels?: ToolSet['readPanels']
    onOutput?: (output: LoopOutput) => unknown
  }): ReturnType<typeof perform>
}

async function playOn(steps: ScriptInput['steps']): Promise<Play> {
  const desk = createDesk()
  desk.disk.set('a.ts', 'one\ntwo\n')
  const stage = await setStage({ script: { steps } })
  const standings: Play['standings'] = []
  const tools = deskTools(desk)
  const readPanels: ToolSet['readPanels'] = async (request) => {
    standings.push(request)
    const since = request.panels.find(({ id }) => id === 'files')?.since ?? 0
    return { results: [{ id: 'files', ...desk.panelRead(since) }], problems: [] }
  }
  return {
    desk,
    stage,
    standings,
    run: ({ panelPolicy = 'append', readPanels: other, ...options } = {}) =>
      perform({
        stage,
        ...options,
        deps: { panelPolicy, tools: { ...toolSet(tools), readPanels: other ?? readPanels } },
      }),
  }
}

const call = (name: string, args: Record<string, unknown>) => ({ reply: { calls: [{ name, arguments: args }] } })
const readA = call('read', { path: 'a.ts' })
const shellA = call('shell', { path: 'a.ts', content: 'one\nTWO\nthree\n' })
const done = { reply: { text: 'Done.' } }

function nonceOf(log: readonly StoredEvent[]): string {
  const [system] = ofType(log, 'notice').filter(({ data }) => data.code === modelNotices.system)
  return z.string().parse(system?.data.details?.nonce)
}

/** What can be read of a.ts in the n-th request. */
function seen(stage: Stage, log: readonly StoredEvent[], index: number): string[] | undefined {
  const file = reconstruct(sentMessages(stage, index), nonceOf(log)).get('a.ts')
  return file && [...file.lines.values()]
}

const contents = (stage: Stage, index: number) => sentMessages(stage, index).map(({ content }) => content)

test('what a call has changed follows its acknowledgement, and what others change the last result', async () => {
  const { stage, run } = await playOn([readA, shellA, done])
  const { log, error } = await run()
  expect(error).toBeUndefined()
  const nonce = nonceOf(log)
  expect(contents(stage, 2).slice(3)).toEqual([
    expect.stringMatching(
      new RegExp(`^ok\n--- a\\.ts \\| 2 lines \\| rev .{8} \\| utf-8 lf \\| ${nonce}\n1\tone\n2\ttwo$`),
    ),
    '',
    expect.stringMatching(/^exit code 0\n\*\*\* a\.ts was changed by someone else.*\n~~~ a\.ts \| rev/),
  ])
  expect(seen(stage, log, 1)).toEqual(['one', 'two'])
  expect(seen(stage, log, 2)).toEqual(['one', 'TWO', 'three'])
})

test('the changes of a call are in the log before its end, those of others before the next step', async () => {
  const { run } = await playOn([readA, shellA, done])
  const { log } = await run()
  const types = log.map(({ type }) => type).filter((type) => /^(tool|panel|step)/.test(type))
  expect(types).toEqual([
    ...['step.started', 'tool.called', 'step.finished', 'tool.started', 'panel.changed', 'tool.finished'],
    ...['step.started', 'tool.called', 'step.finished', 'tool.started', 'tool.finished', 'panel.changed'],
    ...['step.started', 'step.finished'],
  ])
  expect(ofType(log, 'panel.changed').map(({ data, stepId }) => [data.callId, stepId])).toEqual([
    ['call_1', 'step_1'],
    [undefined, undefined],
  ])
})

test('what changes while nobody works is told before the words that begin the next run', async () => {
  const { desk, stage, run } = await playOn([readA, done, done])
  const first = await run()
  desk.disk.set('a.ts', 'other\n')
  const input = { inputId: 'next', delivery: 'start' as const, content: [{ type: 'text' as const, text: 'And now?' }] }
  const { log } = await run({
    history: stored(
      [
        { type: 'input.admitted', data: input },
        { type: 'run.started', runId: 'second', data: { inputId: 'next' } },
      ],
      first.log.map((event) => ({ ...event, runId: 'earlier' })),
    ).map((event) => (event.runId === 'second' ? { ...event, runId: 'run' } : event)),
  })
  const messages = sentMessages(stage, 2)
  expect(messages.slice(-3).map(({ role }) => role)).toEqual(['assistant', 'user', 'user'])
  expect(messages.at(-2)?.content).toMatch(/^\*\*\* a\.ts was changed by someone else/)
  expect(messages.at(-1)?.content).toBe('And now?')
  expect(seen(stage, log, 2)).toEqual(['other'])
})

test('every attempt at an answer is preceded by a read', async () => {
  const { desk, stage, standings, run } = await playOn([readA, { ...done, fault: { status: 503 } }, done])
  const { log } = await run({
    onOutput: (output) => {
      if (output.kind === 'event' && output.event.type === 'step.discarded') desk.disk.set('a.ts', 'new\n')
    },
  })
  expect(saidText(log)).toBe('Done.')
  expect(standings).toHaveLength(ofType(log, 'step.started').length)
  expect(sentMessages(stage, 2).slice(0, -1)).toEqual(sentMessages(stage, 1))
  expect(seen(stage, log, 2)).toEqual(['new'])
})

test('the model has one nonce for the whole session, and forks of it too', async () => {
  const { stage, run } = await playOn([readA, done, done])
  const first = await run()
  const second = await run({ history: continuing(first.log) })
  expect(nonceOf(second.log)).toMatch(/^[0-9a-f]{8}$/)
  expect(ofType(second.log, 'notice').filter(({ data }) => data.code === modelNotices.system)).toHaveLength(1)
  expect(seen(stage, second.log, 2)).toEqual(['one', 'two'])
})

test('a log from before there were panels goes on with its system prompt', async () => {
  const { stage, run } = await playOn([readA, done])
  const system = { code: modelNotices.system, message: 'As it was.' }
  const { log } = await run({ history: stored([{ type: 'notice', data: system }], asked('Do it.')) })
  expect(sentMessages(stage, 1)[0]).toEqual({ role: 'system', content: 'As it was.' })
  expect(reconstruct(sentMessages(stage, 1), nonceOf(log.slice(4))).size).toBe(1)
})

test('what a server is told comes from the log: a run killed anywhere goes on with a server that forgot all', async () => {
  const script = [readA, shellA, call('write', { path: 'a.ts', content: 'mine\n' }), done, done]
  let cuts = 0
  for (let cutAt = 1; ; cutAt += 1) {
    const { desk, stage, standings, run } = await playOn(script)
    let events = 0
    const first = await run({ onOutput: ({ kind }) => kind === 'event' && ++events === cutAt })
    if (first.log.some(({ type }) => type === 'run.finished')) break
    cuts += 1
    desk.restart(ofType(first.log, 'panel.changed').at(-1)?.data.state)
    desk.disk.set('b.ts', 'b\n')
    const resumed = stored([{ type: 'notice', data: { code: 'run_resumed', message: 'On we go.' } }], first.log)
    const before = standings.length
    const { log, error } = await run({ history: resumed })
    expect(error).toBeUndefined()
    expect(standings.slice(before).filter(({ branch }) => branch !== 1)).toEqual([])
    const last = stage.endpoint.requests.length - 1
    expect(desk.problems(reconstruct(sentMessages(stage, last), nonceOf(log)))).toEqual([])
  }
  expect(cuts).toBeGreaterThan(20)
})

test('a panel that cannot be read is a notice, once, and the run goes on', async () => {
  const { run } = await playOn([readA, readA, done])
  const problems = [{ panel: 'files', message: 'no answer within 10 s' }]
  const { log, error } = await run({ readPanels: async () => ({ results: [], problems }) })
  expect(error).toBeUndefined()
  expect(ofType(log, 'run.finished')[0]?.data.status).toBe('completed')
  const notices = ofType(log, 'notice').filter(({ data }) => data.code === 'panel.unread')
  expect(notices.map(({ data }) => data.message)).toEqual([
    'The panel "files" could not be read, so the model may see an older state: no answer within 10 s',
  ])
})

test('a run that is cancelled while panels are read ends', async () => {
  const { run } = await playOn([done])
  const abort = new AbortController()
  const { error } = await run({
    signal: abort.signal,
    readPanels: async ({ signal }) => {
      abort.abort(new Error('enough'))
      signal.throwIfAborted()
      return { results: [], problems: [] }
    },
  })
  expect(error).toEqual(new Error('enough'))
})

test('refreshed panels stand once, in the newest message, and earlier results are acknowledgements', async () => {
  const { stage, run } = await playOn([readA, shellA, done])
  const { log } = await run({ panelPolicy: 'refresh' })
  expect(contents(stage, 2).slice(3)).toEqual([
    'ok',
    '',
    expect.stringMatching(/^exit code 0\nAll open files as they are now; .*\n--- a\.ts \| 3 lines/),
  ])
  expect(ofType(log, 'epoch')).toEqual([])
  expect(seen(stage, log, 2)).toEqual(['one', 'TWO', 'three'])
})

test('by cost: an epoch is logged with its reason, and only from then on everything before it collapses', async () => {
  const long = Array.from({ length: 400 }, (_, line) => `line ${line} of a file that is long enough to matter`)
  const rewrite = (word: string) => call('shell', { path: 'a.ts', content: `${long.join(`${word}\n`)}\n` })
  const { stage, run } = await playOn([rewrite('-'), readA, rewrite('+'), rewrite('*'), done])
  const { log } = await run({ panelPolicy: 'auto' })
  const epochs = ofType(log, 'epoch')
  expect(epochs.length).toBeGreaterThan(0)
  expect(epochs[0]?.data.reason).toMatch(/out of date/)
  expect(contents(stage, 4).filter((text) => /^ok\n--- a\.ts/.test(String(text)))).toEqual([])
  expect(seen(stage, log, 4)?.[0]).toMatch(/\*$/)
})
