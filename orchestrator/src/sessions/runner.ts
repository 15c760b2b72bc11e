import { setImmediate as nextTurn } from 'node:timers/promises'
import { Failure } from '@auroracoder/kit/jail'
import type { Logger } from 'pino'
import {
  type Agent,
  type AgentTask,
  beforeEnd,
  type EventDraft,
  endsRun,
  type LoopOutput,
  unansweredCalls,
} from '../events/index.js'
import { problemOf } from '../events/problem.js'
import type { Hub } from './hub.js'
import type { SessionLog } from './live-log.js'
import { within } from './within.js'
import type { Writer } from './writer.js'

/** An agent that was told to stop has this long, then its run ends without it. */
export const stopGraceMs = 2_000
/** An agent that yields without waiting for anything lets others have a turn this often. */
const outputsPerTurnMax = 256

/** A tool call that was dispatched and has not answered. */
export interface OpenCall {
  callId: string
  name: string
}

export interface ActiveRun {
  readonly id: string
  /** Ends the run within `stopGraceMs` and names the calls that did not stop in time. */
  cancel(reason?: string): Promise<readonly OpenCall[]>
  /** Stops the agent and writes nothing: in the log the run stays open, to be resumed. */
  interrupt(): Promise<void>
  readonly log: SessionLog
  /** Resolves when the end is in the log, or nothing more can be written. Never rejects. */
  readonly ended: Promise<void>
}

export interface RunnerOptions {
  agent: Agent
  task: Omit<AgentTask, 'signal' | 'log'> & { log: SessionLog }
  writer: Writer
  hub: Hub
  log: Logger
}

/** Pulls the agent through one run: each event is in the log before the agent goes on. */
export function startRunner({ agent, task, writer, hub, log }: RunnerOptions): ActiveRun {
  const { runId, sessionId } = task
  const abort = new AbortController()
  let writing = true
  let cancelReason: string | undefined
  let finish = () => {}
  const ended = new Promise<void>((resolve) => {
    finish = resolve
  }).then(() => hub.clearParts())

  const append = (events: readonly EventDraft[], part?: string) =>
    writer.append(events, part === undefined ? { runId } : { runId, part })

  /** Clients and models see an end of every call and of every run inside this one, however it ended. */
  const withWhatComesBefore = (event: EventDraft): EventDraft[] => {
    if (!endsRun({ type: event.type })) return [event]
    const cancelled = event.type === 'run.cancelled'
    return [...beforeEnd(task.log.events, { runId: event.runId ?? runId, cancelled }), event]
  }

  /** Whoever sets `writing` to false owns the end of the run: nothing is appended after a terminal event. */
  const appendEnd = async (...events: EventDraft[]) => {
    writing = false
    try {
      await append(events.flatMap(withWhatComesBefore)).catch((error: unknown) => {
        // An end that the log cannot hold must not leave the run open.
        if (writer.broken !== undefined) throw error
        log.error({ err: error, sessionId, runId }, 'the end of a run was no valid event')
        return append([{ type: 'run.failed', data: problemOf(error) }])
      })
    } finally {
      finish()
    }
  }

  const take = async (output: LoopOutput) => {
    if (output.kind === 'delta') return hub.delta({ ...output, runId: output.runId ?? runId })
    const { event, part, onlyAt } = output
    if (onlyAt !== undefined) return takeOnlyAt(event, onlyAt)
    if (endsRun(event)) await appendEnd(event)
    else await append(withWhatComesBefore(event), part)
  }

  /** An event that is dropped when others came before it, and then decides nothing: also an end is none. */
  const takeOnlyAt = async (event: EventDraft, seq: number) => {
    const appended = await writer.append((place) => (writing && place.seq === seq ? [event] : []), { runId })
    if (appended.length === 0 || !endsRun(event)) return
    writing = false
    finish()
  }

  const drive = async () => {
    const iterator = agent({ ...task, signal: abort.signal })[Symbol.asyncIterator]()
    try {
      for (let outputs = 1; writing; outputs += 1) {
        const next = await iterator.next()
        if (!writing) return
        if (next.done) throw new Error('The agent ended without run.finished.')
        await take(next.value)
        if (outputs % outputsPerTurnMax === 0) await nextTurn()
      }
    } catch (error) {
      await fail(error)
    } finally {
      await iterator.return?.()
    }
  }

  const fail = async (error: unknown) => {
    const cancelled = abort.signal.aborted
    abort.abort()
    if (writer.broken !== undefined) {
      log.error({ err: error, sessionId, runId }, 'the log refuses the run, which stays open')
      writing = false
      return finish()
    }
    if (!writing) return log.debug({ err: error, sessionId, runId }, 'the agent broke after its run had ended')
    if (cancelled) return appendEnd({ type: 'run.cancelled', data: { reason: cancelReason } })
    if (!(error instanceof Failure)) log.error({ err: error, sessionId, runId }, 'the agent broke')
    return appendEnd({ type: 'run.failed', data: problemOf(error) })
  }

  const driven = drive()
    .catch(fail)
    .catch((error: unknown) => log.error({ err: error, sessionId, runId }, 'the end of a run could not be written'))

  return {
    id: runId,
    log: task.log,
    ended,
    async cancel(reason) {
      cancelReason ??= reason
      abort.abort()
      if (await within(ended, stopGraceMs)) return []
      if (!writing) return ended.then(() => [])
      const hanging = unansweredCalls(task.log.events, runId).flatMap(({ event, wasStarted }) =>
        wasStarted ? [{ callId: event.data.callId, name: event.data.name }] : [],
      )
      await appendEnd(hangingNotice(hanging), { type: 'run.cancelled', data: { reason } })
      return hanging
    },
    async interrupt() {
      const mine = writing
      writing = false
      abort.abort()
      await within(driven, stopGraceMs)
      if (mine) finish()
      await ended
    },
  }
}

function hangingNotice(hanging: readonly OpenCall[]): EventDraft {
  const what = hanging.map(({ name, callId }) => `${name} (${callId})`).join(', ') || 'the agent itself'
  const message = `Cancelled, although this did not stop within ${stopGraceMs} ms: ${what}. It may still have effects.`
  return { type: 'notice', data: { code: 'cancel_incomplete', message, details: { hanging } } }
}
