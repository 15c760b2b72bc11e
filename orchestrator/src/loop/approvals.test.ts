import { expect, test } from 'vitest'
import type { EventDraft, LoopOutput, StoredEvent } from '../events/index.js'
import { decide } from './approvals/policy.js'
import {
  asked,
  ofType,
  perform,
  resultText,
  type Stage,
  saidText,
  setStage,
  type TestTool,
} from './rehearsal.fixture.js'
import type { Approve } from './run.js'

const script = {
  steps: [
    {
      reply: {
        calls: [
          { name: 'write', arguments: { path: 'a' } },
          { name: 'read', arguments: {} },
        ],
      },
    },
    { reply: { text: 'Done.' } },
  ],
}
const approve: Approve = ({ tool }) => (tool.name === 'write' ? 'ask' : 'allow')

/** Answers each question as soon as it is in the log. */
function answering(answer: 'accept' | 'decline', message?: string) {
  return (output: LoopOutput, log: readonly StoredEvent[], say: (...events: EventDraft[]) => void) => {
    const last = log.at(-1)
    if (output.kind !== 'event' || last?.type !== 'approval.asked') return false
    const data = { approvalId: last.data.approvalId, answer, ...(message ? { message } : {}) }
    queueMicrotask(() => say({ type: 'approval.answered', data }))
    return false
  }
}

function tools(ran: string[]): TestTool[] {
  return [
    {
      name: 'write',
      run: () => {
        ran.push('write')
        return {}
      },
    },
    {
      name: 'read',
      readOnly: true,
      run: () => {
        ran.push('read')
        return {}
      },
    },
  ]
}

async function play(stage: Stage, options: Partial<Parameters<typeof perform>[0]> = {}) {
  const ran: string[] = []
  return { ran, ...(await perform({ stage, tools: tools(ran), deps: { approve }, ...options })) }
}

test('a call that needs approval waits, and runs when a person lets it', async () => {
  const stage = await setStage({ script })
  const { log, ran } = await play(stage, { onOutput: answering('accept') })
  expect(ran).toEqual(['write', 'read'])
  const [question] = ofType(log, 'approval.asked')
  expect(question?.data).toMatchObject({ kind: 'tool', callId: 'call_1', expiresAt: expect.any(String) })
  expect(log.findIndex(({ type }) => type === 'approval.answered')).toBeLessThan(
    log.findIndex(({ type }) => type === 'tool.started'),
  )
  expect(saidText(log)).toBe('Done.')
})

test('a declined call is not run, and the model reads why', async () => {
  const stage = await setStage({ script })
  const { log, ran } = await play(stage, { onOutput: answering('decline', 'Not on a Friday.') })
  expect(ran).toEqual(['read'])
  expect(resultText(log, 'call_1')).toContain('declined')
  expect(resultText(log, 'call_1')).toContain('Not on a Friday.')
})

test('a run whose question nobody answers in time ends with its own status, and the call is not run', async () => {
  const stage = await setStage({ script })
  const clock = {
    ...stage.clock,
    sleep: (ms: number, signal: AbortSignal) =>
      ms > 10 * 3_600_000 ? Promise.resolve() : stage.clock.sleep(ms, signal),
  }
  const { log, ran } = await play(stage, { deps: { approve, clock } })
  expect(ran).toEqual([])
  expect(ofType(log, 'approval.answered')[0]?.data.answer).toBe('expire')
  expect(ofType(log, 'run.finished')[0]?.data.status).toBe('approval_needed')
})

test('a question that was asked before a restart is not asked again, and an answer given meanwhile holds', async () => {
  const stage = await setStage({ script })
  const first = await play(stage, { onOutput: (_, log) => log.at(-1)?.type === 'approval.asked' })
  const history = [...first.log]
  const question = ofType(history, 'approval.asked')[0]
  const answer: StoredEvent = {
    v: 1,
    seq: history.length + 1,
    sessionId: 'session',
    runId: 'run',
    time: new Date(0).toISOString(),
    type: 'approval.answered',
    data: { approvalId: question?.data.approvalId ?? '', answer: 'accept' },
  }
  const { log, ran } = await play(stage, { history: [...history, answer] })
  expect(ofType(log, 'approval.asked')).toHaveLength(1)
  expect(ran).toEqual(['write', 'read'])
})

test('a call that the policy denies is refused without a question', async () => {
  const stage = await setStage({ script })
  const { log, ran } = await play(stage, {
    deps: { approve: ({ tool }) => (tool.name === 'write' ? 'deny' : 'allow') },
  })
  expect(ran).toEqual(['read'])
  expect(ofType(log, 'approval.asked')).toEqual([])
  expect(resultText(log, 'call_1')).toContain('policy')
})

test('what a server asks the person reaches them with its schema, and the answer reaches the server', async () => {
  const stage = await setStage({
    script: { steps: [{ reply: { calls: [{ name: 'ask', arguments: {} }] } }, { reply: { text: 'Thanks.' } }] },
  })
  const schema = { type: 'object', properties: { name: { type: 'string' } } }
  let got: unknown
  const { log } = await perform({
    stage,
    tools: [
      {
        name: 'ask',
        run: async ({ elicit, onLog }) => {
          onLog({ server: 'forms', level: 'info', text: 'asking' })
          got = await elicit({ server: 'forms', message: 'Who are you?', schema })
          return {}
        },
      },
    ],
    onOutput: (output, log, say) => {
      const last = log.at(-1)
      if (output.kind !== 'event' || last?.type !== 'approval.asked') return
      const data = { approvalId: last.data.approvalId, answer: 'accept' as const, content: { name: 'Ada' } }
      queueMicrotask(() => say({ type: 'approval.answered', data }))
    },
  })
  expect(got).toEqual({ action: 'accept', content: { name: 'Ada' } })
  expect(ofType(log, 'approval.asked')[0]?.data).toMatchObject({ kind: 'elicitation', callId: 'call_1', schema })
  expect(ofType(log, 'notice').map(({ data }) => data.code)).toContain('server_log')
  expect(saidText(log)).toBe('Thanks.')
})

test('time in which a person is waited for does not count as wall time of the run', async () => {
  const stage = await setStage({ script })
  let now = 0
  const clock = { ...stage.clock, now: () => now }
  const { log } = await play(stage, {
    history: asked('Do it.', { limits: { wallTimeMs: 1_000_000 } }),
    deps: { approve, clock },
    onOutput: (output, events, say) => {
      const last = events.at(-1)
      if (output.kind !== 'event' || last?.type !== 'approval.asked') return
      setImmediate(() => {
        now += 10_000_000
        say({ type: 'approval.answered', data: { approvalId: last.data.approvalId, answer: 'accept' } })
      })
    },
  })
  expect(ofType(log, 'run.finished')[0]?.data.status).toBe('completed')
})

const base = { args: { command: 'rm -rf build' }, readOnly: false, isBoundary: false }
const shell = { name: 'run_terminal_command', trusted: true, isDestructive: true }

test.each([
  ['auto asks before what can destroy on the host', { rules: [], default: 'auto' }, base, shell, 'ask'],
  ['auto allows it inside a boundary', { rules: [], default: 'auto' }, { ...base, isBoundary: true }, shell, 'allow'],
  ['auto allows what only reads', { rules: [], default: 'auto' }, { ...base, readOnly: true }, shell, 'allow'],
  [
    "a boundary does not hold other people's servers",
    { rules: [], default: 'auto' },
    { ...base, isBoundary: true },
    { ...shell, trusted: false },
    'ask',
  ],
  [
    'the first rule that fits decides',
    {
      rules: [
        { tool: 'run_*', action: 'deny' },
        { tool: '*', action: 'allow' },
      ],
      default: 'ask',
    },
    base,
    shell,
    'deny',
  ],
  [
    'a rule may look at arguments',
    { rules: [{ tool: '*', arguments: { command: '^rm\\b' }, action: 'deny' }], default: 'allow' },
    base,
    shell,
    'deny',
  ],
  [
    'a rule whose pattern does not match is passed over',
    { rules: [{ tool: '*', arguments: { command: '^ls\\b' }, action: 'deny' }], default: 'allow' },
    base,
    shell,
    'allow',
  ],
  [
    'an argument that is missing matches nothing',
    { rules: [{ tool: '*', arguments: { cwd: '.*' }, action: 'deny' }], default: 'allow' },
    base,
    shell,
    'allow',
  ],
  [
    'a rule whose pattern takes too long lets nothing run unasked',
    { rules: [{ tool: '*', arguments: { command: '^echo (a+)+$' }, action: 'allow' }], default: 'allow' },
    { ...base, args: { command: `echo ${'a'.repeat(40)}!` } },
    shell,
    'ask',
  ],
  [
    'a rule that would deny, and whose pattern takes too long, denies',
    { rules: [{ tool: `${'*u'.repeat(20)}x`, action: 'deny' }], default: 'allow' },
    base,
    { ...shell, name: 'u'.repeat(64) },
    'deny',
  ],
  [
    'dots of a name are dots',
    { rules: [{ tool: 'run.terminal.command', action: 'deny' }], default: 'allow' },
    base,
    shell,
    'allow',
  ],
] as const)('%s', (_, policy, question, tool, action) => {
  expect(decide({ policy: structuredClone(policy) as never, tool, ...question })).toBe(action)
})
