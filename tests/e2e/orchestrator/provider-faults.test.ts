import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type StoredEvent, storedEventSchema } from '@auroracoder/orchestrator/events'
import {
  createScriptedModel,
  markupVariants,
  type ScriptedModel,
  type ScriptInput,
} from '@auroracoder/orchestrator/scripted-model'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { z } from 'zod'
import { processesNaming, type Service, startService } from './service.js'

type Step = ScriptInput['steps'][number]

interface Case {
  fault: NonNullable<Step['fault']>
  reply?: Step['reply']
  /** Attempts that count for nothing, and what each says of itself. */
  discarded?: number
  reason?: RegExp
  /** Answers that count; 1 unless the fault makes the model be asked again. */
  answers?: number
  /** What the model is shown to have said at the end. */
  text?: string
  /** Results of calls, in order: whether each succeeded. */
  results?: boolean[]
  /** The run fails, with this code and message. */
  failure?: { code: string; message: RegExp }
}

const said = 'The answer is 42, naïve 漢字 🙂.'
const plain = { reasoning: 'Let me think: ü, 漢字, 🙂.', text: said }
const read = { name: 'read_file', arguments: { paths: ['a.txt'] } }
const list = { name: 'read_file', arguments: { paths: ['b.txt'] } }
const calling = { reasoning: 'I read.', text: 'Reading.', calls: [read] }
const answered = { answers: 2, text: 'Done.' }

const cases: Record<string, Case> = {
  'keep-alives for longer than the idle time': { fault: { keepAliveMs: 4_000, keepAliveEveryMs: 300 } },
  'silence after the headers': { fault: { stallAtByte: 0 }, discarded: 1, reason: /no first byte/ },
  'silence in mid-answer': { fault: { stallAtByte: 900 }, discarded: 1, reason: /fell silent/ },
  'a cut before the first byte': { fault: { cutAtByte: 0 }, discarded: 1, reason: /Trying again/ },
  'a cut at a byte in the middle': { fault: { cutAtByte: 901 }, discarded: 1, reason: /broke off/ },
  'a clean end in the middle of a chunk': {
    fault: { endAtByte: 900 },
    discarded: 1,
    reason: /not a chat completion chunk/,
  },
  'a clean end without [DONE]': { fault: { omit: ['done'] }, discarded: 1, reason: /without \[DONE\]/ },
  'no finish reason': { fault: { omit: ['finish_reason'] }, discarded: 1, reason: /without a finish reason/ },
  'an empty answer': { fault: { empty: true }, answers: 2, text: 'Recovered.' },
  'arguments cut by length': { fault: { lengthAtByte: 9 }, reply: calling, ...answered, results: [false] },
  'two calls with one index': {
    fault: { sameIndex: true },
    reply: { ...calling, calls: [read, list] },
    ...answered,
    results: [true, true],
  },
  'usage on the last chunk': { fault: { usage: 'last' } },
  'usage on a trailing chunk': { fault: { usage: 'trailing' } },
  'chunks of one byte': { fault: { chunkBytes: 1 } },
  'split characters': { fault: { splitCharacters: true } },
  'a 429': { fault: { status: 429 }, discarded: 1, reason: /HTTP 429/ },
  'a 429 with Retry-After': { fault: { status: 429, retryAfter: '1' }, discarded: 1, reason: /Trying again in 1\.0 s/ },
  'a 503': { fault: { status: 503 }, discarded: 1, reason: /HTTP 503/ },
  'a 400': { fault: { status: 400 }, failure: { code: 'bad_request', message: /HTTP 400/ } },
  'a 401': { fault: { status: 401 }, failure: { code: 'unauthorized', message: /HTTP 401.*Check/ } },
  'a 402': { fault: { status: 402 }, failure: { code: 'no_balance', message: /HTTP 402.*Add funds/ } },
  'a 422': { fault: { status: 422 }, failure: { code: 'bad_request', message: /HTTP 422/ } },
  ...Object.fromEntries(
    markupVariants.map((variant): [string, Case] => [
      `a call that leaks as ${variant}`,
      { fault: { markup: { variant, splitAtByte: 11 } }, reply: calling, ...answered, results: [true] },
    ]),
  ),
}

/** Which case a request belongs to stands in its last message; every other request meets no fault. */
const script: ScriptInput = {
  steps: [
    ...Object.values(cases).map(({ fault, reply = plain }, index) => ({
      when: { last: `case ${index};` },
      reply,
      fault,
    })),
    { when: { tool: 'read_file' }, reply: { text: 'Done.' } },
    { when: { last: 'was empty' }, reply: { text: 'Recovered.' } },
    { when: { last: 'Are you there' }, reply: { text: 'Still here.' } },
  ],
}

/** Long enough for a busy machine, short enough to wait for. */
const timeouts = { firstByteMs: 2_500, idleMs: 2_500, totalMs: 30_000 }
const atOnce = 4

let folder: string
let model: ScriptedModel
let service: Service

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'auroracoder-faults-'))
  await mkdir(join(folder, 'project'))
  for (const name of ['a.txt', 'b.txt']) await writeFile(join(folder, 'project', name), `${name}\n`)
  model = await createScriptedModel({ script })
  service = await startService({ dataDir: join(folder, 'data'), modelUrl: 'http://127.0.0.1:9' })
  const prices = { base: { cacheHit: 1, cacheMiss: 2, output: 3 } }
  const thinking = { on: { thinking: { type: 'enabled' } }, off: { thinking: { type: 'disabled' } }, default: true }
  const definition = { baseUrl: model.url, models: [{ id: 'deepseek-flash', prices }], thinking, timeouts }
  expect((await service.api('PUT', '/v1/providers/faulty', definition)).status).toBe(200)
}, 30_000)

afterAll(async () => {
  await service?.stop()
  await model?.close()
  expect(await processesNaming(folder)).toEqual([])
  await rm(folder, { recursive: true })
})

describe('a client of a provider that fails', { timeout: 120_000 }, () => {
  it.concurrent.each(Object.entries(cases))(
    'sees %s for what it is, and goes on in the session',
    async (name, expected) => {
      await turn(async () => {
        const session = await newSession()
        const index = Object.keys(cases).indexOf(name)
        expectCase(await run(session, `case ${index}; read a.txt`), expected)

        const after = await run(session, 'Are you there?')
        expectCounted(after.events, { answers: 1, discarded: 0 })
        expect(textOf(after.events)).toBe('Still here.')
        await service.api('DELETE', `/v1/sessions/${session}`)
      })
    },
  )
})

function expectCase({ events, shown }: Run, expected: Case): void {
  const { answers = 1, discarded = 0, failure, results = [], text = said, reason = /./ } = expected
  if (failure) {
    const end = events.at(-1)
    expect(end).toMatchObject({ type: 'run.failed', data: { code: failure.code } })
    expect(JSON.stringify(end)).toMatch(failure.message)
    expect(of(events, 'step.finished')).toEqual([])
    return
  }
  expectCounted(events, { answers, discarded })
  for (const { data } of of(events, 'step.discarded')) expect(data.reason).toMatch(reason)
  expect(of(events, 'tool.finished').map(({ data }) => data.ok)).toEqual(results)
  expect(textOf(events)).toBe(text)
  // Not even for a moment.
  expect(shown).not.toMatch(/DSML|invoke|tool_call|▁/)
}

/** Nothing counts twice: the run's usage and cost are those of its finished steps, one for each answer. */
function expectCounted(events: StoredEvent[], { answers, discarded }: { answers: number; discarded: number }): void {
  const end = events.at(-1)
  if (end?.type !== 'run.finished') throw new Error(`The run did not finish: ${JSON.stringify(end)}`)
  expect(end.data.status).toBe('completed')
  const steps = of(events, 'step.finished')
  expect([steps.length, of(events, 'step.discarded').length]).toEqual([answers, discarded])
  expect(of(events, 'step.started')).toHaveLength(answers + discarded)
  for (const count of ['input', 'output', 'reasoning', 'cacheHit', 'cacheMiss'] as const) {
    expect(end.data.usage[count]).toBe(steps.reduce((sum, { data }) => sum + data.usage[count], 0))
  }
  const { cacheHit, cacheMiss, output } = end.data.usage
  expect(end.data.cost).toBeCloseTo((cacheHit + 2 * cacheMiss + 3 * output) / 1_000_000, 9)
  expect(end.data.usage.output).toBeGreaterThan(0)
}

function of<Type extends StoredEvent['type']>(events: StoredEvent[], type: Type) {
  return events.filter((event): event is Extract<StoredEvent, { type: Type }> => event.type === type)
}

/** What the answer after the last call says; what discarded attempts said is not part of it. */
function textOf(events: StoredEvent[]): string {
  return of(events.slice(events.findLastIndex(({ type }) => type === 'step.started')), 'text.finished')
    .map(({ data }) => data.text)
    .join('')
}

interface Run {
  events: StoredEvent[]
  /** Every piece of text as it streamed, of discarded attempts too. */
  shown: string
}

const deltaSchema = z.object({ type: z.literal('text.delta'), data: z.object({ text: z.string() }) })

/** One run, followed in the answer to its start. */
async function run(session: string, input: string): Promise<Run> {
  const response = await fetch(`${service.url}/v1/sessions/${session}/runs`, {
    method: 'POST',
    headers: {
      authorization: `Bearer ${service.token}`,
      'content-type': 'application/json',
      accept: 'text/event-stream',
    },
    body: JSON.stringify({ input }),
  })
  expect(response.status).toBe(200)
  const frames = (await response.text()).split('\n\n').filter((frame) => frame.includes('data: '))
  const parsed = frames.map((frame) => ({
    isDurable: /^id: /m.test(frame),
    data: JSON.parse(/^data: (.*)$/m.exec(frame)?.[1] ?? 'null'),
  }))
  return {
    events: parsed.filter(({ isDurable }) => isDurable).map(({ data }) => storedEventSchema.parse(data)),
    shown: parsed.map(({ data }) => deltaSchema.safeParse(data).data?.data.text ?? '').join(''),
  }
}

async function newSession(): Promise<string> {
  const workspace = join(folder, 'project')
  const { body } = await service.api('POST', '/v1/sessions', { workspace, model: 'faulty/deepseek-flash' })
  return z.object({ session: z.object({ id: z.string() }) }).parse(body).session.id
}

let running = 0
const waiting: (() => void)[] = []

/** Each session has tool servers of its own: a few at once are enough. */
async function turn(work: () => Promise<void>): Promise<void> {
  if (running >= atOnce) await new Promise<void>((resolve) => waiting.push(resolve))
  else running += 1
  try {
    await work()
  } finally {
    const next = waiting.shift()
    if (next) next()
    else running -= 1
  }
}
