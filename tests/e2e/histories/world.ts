import { pino } from 'pino'
import type { ToolInfo, ToolSet } from '../../../orchestrator/src/connect/index.js'
import { toMessages, validateHistory } from '../../../orchestrator/src/context/index.js'
import type { Agent, StoredEvent } from '../../../orchestrator/src/events/index.js'
import { type Clock, decide, runLimits, runLoop } from '../../../orchestrator/src/loop/index.js'
import { retryAfterMsMax } from '../../../orchestrator/src/loop/limits.js'
import { type EventStore, SessionFailure, type Sessions } from '../../../orchestrator/src/sessions/index.js'
import { createMemoryStore } from '../../../orchestrator/src/sessions/memory-store.fixture.js'
import { createSessions } from '../../../orchestrator/src/sessions/sessions.js'
import type { Random } from '../living-state/random.js'
import { createRestlessModel, turns } from './model.js'

/** One session, those that come from it, and everything that may happen to them. */
export interface World {
  readonly problems: string[]
  readonly counts: Map<string, number>
  move(): Promise<void>
  /** Lets everything come to its end and looks at what is left. */
  settle(): Promise<void>
}

interface Process {
  sessions: Sessions
  /** Appends until it dies: before the last one is made, or after. */
  dies: { after: number; isWritten: boolean } | undefined
  isDead: boolean
}

const silent = pino({ level: 'silent' })
const moveNames = [
  'start',
  'start',
  'steer',
  'steer',
  'queue',
  'interrupt',
  'cancel',
  'crash',
  'fork',
  'revert',
  'switch',
  'answer',
  'answer',
  'continue',
  'wait',
  'wait',
] as const

export async function createWorld(random: Random): Promise<World> {
  const problems: string[] = []
  const counts = new Map<string, number>()
  const store = createMemoryStore(Date.now)
  const contextTokens = random.pick([1_200, 3_000, 100_000])
  let thinking = random.chance(0.5)
  let process = start()
  let current = (await process.sessions.create({ workspace: '/', sandbox: 'local', approvals })).id

  function count(name: string): void {
    counts.set(name, (counts.get(name) ?? 0) + 1)
  }

  function modelFor(): ReturnType<typeof createRestlessModel> {
    const onRequest = (found: readonly string[]): void => {
      count('requests')
      problems.push(...found)
    }
    return createRestlessModel({ random, thinking, contextTokens, onRequest })
  }

  function start(): Process {
    const alive: Process = { sessions: undefined as never, dies: undefined, isDead: false }
    const agent: Agent = (task) =>
      runLoop(task, {
        model: modelFor(),
        secondaryModel: modelFor,
        tools: createTools(random),
        opening: { system: (role) => `You are ${role}.`, workspace: async () => 'Files: none.' },
        approve: ({ tool, args }) => decide({ policy: approvals, tool, args, readOnly: false, isBoundary: true }),
        openNext: task.openNext,
        limits: { ...runLimits, iterations: 8, toolCalls: 20 },
        clock,
      })
    alive.sessions = createSessions({
      store: mortal(store, alive),
      agent,
      owner: 'one',
      scratchRoot: '/nonexistent',
      log: silent,
      now: Date.now,
    })
    return alive
  }

  async function crash(): Promise<void> {
    process.dies = { after: random.int(6), isWritten: random.chance(0.5) }
    await turns(random.int(30))
    process.isDead = true
    await process.sessions.close()
    process = start()
    await process.sessions.recover({ resume: random.chance(0.8) })
  }

  async function say(delivery: 'start' | 'steer' | 'queue' | 'interrupt'): Promise<void> {
    await process.sessions.startRun(current, { delivery, input: [{ type: 'text', text: `Please ${delivery}.` }] })
  }

  async function answerOne(): Promise<void> {
    const open = random.some(await process.sessions.approvals(current))
    if (!open) return
    await process.sessions.answerApproval(current, open.id, {
      answer: random.pick(['accept', 'accept', 'decline', 'expire']),
    })
  }

  async function anyBoundary(): Promise<number> {
    const history = await process.sessions.history(current)
    return 1 + random.int(Math.max(1, history.length))
  }

  async function act(name: (typeof moveNames)[number]): Promise<void> {
    switch (name) {
      case 'start':
      case 'steer':
      case 'queue':
      case 'interrupt':
        return say(name)
      case 'cancel':
        return void (await process.sessions.cancelRun(current))
      case 'continue':
        return void (await process.sessions.continueRun(current, {}))
      case 'crash':
        return crash()
      case 'fork':
        current = (await process.sessions.fork(current, { seq: await anyBoundary(), workspace: '/' })).id
        return
      case 'revert':
        return void (await process.sessions.revert(current, await anyBoundary()))
      case 'switch':
        thinking = !thinking
        return
      case 'answer':
        return answerOne()
      case 'wait':
        return turns(random.int(40))
    }
  }

  async function isBusy(): Promise<boolean> {
    for (const { summary } of await store.list({ limit: 100 })) {
      const { run, queued } = await process.sessions.get(summary.id)
      if (run?.status === 'running' || queued.length > 0) return true
    }
    return false
  }

  async function answerAll(): Promise<void> {
    for (const { summary } of await store.list({ limit: 100 })) {
      for (const { id } of await process.sessions.approvals(summary.id)) {
        await process.sessions.answerApproval(summary.id, id, { answer: 'accept' }).catch(expected)
      }
    }
  }

  return {
    problems,
    counts,
    async move() {
      const name = random.pick([...moveNames])
      count(name)
      await act(name).catch((error: unknown) => {
        count(`${name} refused`)
        expected(error)
      })
      await turns(random.int(12))
    },
    async settle() {
      process.isDead = true
      await process.sessions.close()
      process = start()
      await process.sessions.recover({ resume: true })
      for (let rounds = 0; await isBusy(); rounds += 1) {
        if (rounds > 20_000) throw new Error('The sessions do not come to an end.')
        await answerAll()
        await turns(5)
      }
      for (const { summary } of await store.list({ limit: 1_000 })) {
        const log = await process.sessions.history(summary.id)
        problems.push(...problemsOf(log))
        for (const { type } of log)
          if (type.startsWith('compaction') || type.startsWith('subagent') || type === 'continued') count(type)
      }
      await process.sessions.close()
    },
  }
}

const approvals = { rules: [{ tool: 'danger', action: 'ask' as const }], default: 'allow' as const }

function problemsOf(log: readonly StoredEvent[]): string[] {
  const gaps = log.flatMap(({ seq }, index) => (seq === index + 1 ? [] : [`seq ${seq} stands at ${index + 1}`]))
  const unread = [true, false].flatMap((thinking) => {
    const thread = log.filter(({ parentRunId }) => parentRunId === undefined)
    return validateHistory(toMessages(thread, { thinking, images: false }), { thinking })
  })
  return [...gaps, ...unread]
}

/** What may be refused; anything else is a defect. */
function expected(error: unknown): void {
  if (!(error instanceof SessionFailure) && !(error instanceof Dead)) throw error
}

class Dead extends Error {
  override readonly name = 'Dead'
}

/** A store as a process sees it that may die at any append. */
function mortal(store: EventStore, process: Process): EventStore {
  const refuse = (): void => {
    if (process.isDead) throw new Dead('The process is dead.')
  }
  return {
    ...store,
    async append(batch) {
      refuse()
      const { dies } = process
      if (dies && dies.after-- <= 0) {
        process.isDead = true
        if (dies.isWritten) await store.append(batch)
        throw new Dead('The process died.')
      }
      await store.append(batch)
    },
    async acquire(lease) {
      refuse()
      return store.acquire(lease)
    },
  }
}

function createTools(random: Random): ToolSet {
  const tool = (name: string, readOnly: boolean): ToolInfo => ({
    name,
    server: 'test',
    description: `Does ${name}.`,
    inputSchema: { type: 'object', properties: {} },
    trusted: true,
    isDestructive: !readOnly,
    mayRead: readOnly,
    isReadOnly: () => readOnly,
  })
  return {
    tools: [tool('read', true), tool('write', false), tool('danger', false)],
    instructions: [],
    problems: [],
    async call({ signal, args }) {
      await turns(random.int(4), signal)
      const applied = random.chance(0.2) ? { ...args, better: true } : undefined
      const text = 'x '.repeat(random.int(200))
      return { ok: random.chance(0.9), text, images: [], applied, facts: undefined, panel: undefined }
    },
    readPanels: async () => ({ results: [], problems: [] }),
  }
}

const clock: Clock = {
  now: Date.now,
  random: () => 0.5,
  sleep: (ms, signal) =>
    ms <= retryAfterMsMax
      ? Promise.resolve()
      : new Promise((_, reject) => {
          if (signal.aborted) reject(signal.reason)
          signal.addEventListener('abort', () => reject(signal.reason), { once: true })
        }),
}
