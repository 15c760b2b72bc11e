import type { Logger } from 'pino'
import type { StoredEvent } from '../events/index.js'
import { type EventStore, Fenced } from './event-store.js'
import { SessionFailure } from './failure.js'
import type { Hub } from './hub.js'
import type { Hubs } from './hubs.js'
import type { ActiveRun } from './runner.js'
import { createTurns } from './turns.js'
import { createWriter, type Writer } from './writer.js'

/** A process that does not renew for this long is taken for dead, and its sessions may be taken over. */
export const leaseTtlMs = 15_000
const renewMs = leaseTtlMs / 3

/** A session whose lease this process holds. */
export interface OpenSession {
  readonly id: string
  readonly writer: Writer
  readonly hub: Hub
  readonly run: ActiveRun | undefined
  /** Keeps the session open until this run has ended. */
  attach(run: ActiveRun): void
}

/** The sessions this process may write: those with an active run, and others for as long as a change takes. */
export interface OpenSessions {
  /** Does `work` alone among all work on this session, under its lease. Refused for an unknown or closed session. */
  use<T>(id: string, work: (session: OpenSession) => Promise<T>): Promise<T>
  /** The same for an id that is not in the store yet. */
  create<T>(id: string, work: (session: OpenSession) => Promise<T>): Promise<T>
  get(id: string): OpenSession | undefined
  /** Refuses new work, waits for what has begun, interrupts the runs and gives every session up. */
  close(): Promise<void>
}

export interface OpenSessionsOptions {
  store: EventStore
  hubs: Hubs
  owner: string
  now: () => number
  log: Logger
  observe?: ((event: StoredEvent) => void) | undefined
  /** Called in the session's turn when its run has ended; what it attaches keeps the session open. */
  onIdle: (session: OpenSession) => Promise<void>
  /** The log took no event of the session's run any more, and not because another process writes it. */
  onRefused: (session: string) => void
}

interface Held {
  session: OpenSession
  epoch: number
}

export function createOpenSessions({
  store,
  hubs,
  owner,
  now,
  log,
  onIdle,
  onRefused,
  observe,
}: OpenSessionsOptions): OpenSessions {
  const open = new Map<string, Held>()
  const turns = createTurns()
  let closing = false

  const use = async <T>(id: string, kind: 'old' | 'new', work: (session: OpenSession) => Promise<T>): Promise<T> => {
    refuseWhenClosing()
    return turns.take(id, async () => {
      refuseWhenClosing()
      const held = (await usable(id)) ?? (await acquire(id, kind))
      try {
        return await work(held.session)
      } catch (error) {
        if (error instanceof Fenced) throw heldElsewhere(id, undefined, error)
        throw error
      } finally {
        if (held.session.run === undefined) await letGo(held)
      }
    })
  }

  const refuseWhenClosing = () => {
    if (closing) throw new SessionFailure('shutting_down', 'The server is shutting down; try again when it is back.')
  }

  /** The session as it is held now, unless its place in the log was lost or it is closed: then it is opened anew. */
  const usable = async (id: string): Promise<Held | undefined> => {
    const held = open.get(id)
    const { broken, summary } = held?.session.writer ?? {}
    if (held === undefined || (broken === undefined && summary?.closed !== true)) return held
    await giveUp(held)
    return undefined
  }

  const acquire = async (id: string, kind: 'old' | 'new'): Promise<Held> => {
    const row = kind === 'new' ? undefined : await store.find(id)
    if (kind === 'old' && (row === undefined || row.summary.closed)) throw unknownSession(id)
    const epoch = await store.acquire({ session: id, owner, ttlMs: leaseTtlMs })
    if (epoch === undefined) throw heldElsewhere(id, row?.leasedBy)
    const tail = await store.tail(id)
    const hub = hubs.hold(id)
    const summary = row === undefined ? {} : { summary: row.summary }
    const writer = createWriter({ store, hub, session: id, epoch, tail, now, observe, ...summary })
    const held = { session: createOpenSession(id, writer, hub), epoch }
    open.set(id, held)
    return held
  }

  const createOpenSession = (id: string, writer: Writer, hub: Hub): OpenSession => {
    let current: ActiveRun | undefined
    const detach = async (run: ActiveRun) => {
      if (current !== run) return
      current = undefined
      const held = open.get(id)
      if (held?.session.writer !== writer) return
      const isUsable = !closing && writer.broken === undefined && writer.summary?.run?.status !== 'running'
      if (isUsable) {
        await onIdle(held.session).catch((error: unknown) => {
          log.error({ err: error, sessionId: id }, 'what follows the end of a run failed')
        })
      }
      if (current === undefined) await letGo(held)
      if (closing || writer.broken === undefined || writer.broken instanceof Fenced) return
      // Whoever follows the run would wait for an end that does not come.
      hub.dismiss()
      onRefused(id)
    }
    const session: OpenSession = {
      id,
      writer,
      hub,
      get run() {
        return current
      },
      attach(run) {
        current = run
        run.ended.then(() => {
          run.log.letGo()
          return turns.take(id, () => detach(run))
        })
      },
    }
    return session
  }

  const giveUp = async (held: Held) => {
    await held.session.run?.interrupt()
    await letGo(held)
  }

  const letGo = async (held: Held) => {
    const { id } = held.session
    if (open.get(id) !== held) return
    open.delete(id)
    hubs.release(id)
    await store
      .release({ session: id, epoch: held.epoch })
      .catch((error: unknown) => log.warn({ err: error, sessionId: id }, 'a lease was not released and will expire'))
  }

  const renew = async () => {
    const mine = [...open.values()]
    if (mine.length === 0) return
    const sessions = mine.map(({ session }) => session.id)
    const renewed = new Set(await store.renew({ owner, sessions, ttlMs: leaseTtlMs }))
    for (const held of mine) {
      if (renewed.has(held.session.id) || open.get(held.session.id) !== held) continue
      log.error({ sessionId: held.session.id }, 'the lease of a session was lost')
      await giveUp(held)
    }
  }
  const timer = setInterval(() => {
    renew().catch((error: unknown) => log.error({ err: error }, 'leases could not be renewed'))
  }, renewMs)
  timer.unref()

  return {
    use: (id, work) => use(id, 'old', work),
    create: (id, work) => use(id, 'new', work),
    get: (id) => open.get(id)?.session,
    async close() {
      closing = true
      await turns.idle()
      await Promise.all([...open.values()].map(giveUp))
      await turns.idle()
      clearInterval(timer)
    },
  }
}

export function unknownSession(id: string): SessionFailure {
  return new SessionFailure(
    'unknown_session',
    `There is no session ${JSON.stringify(id)}; GET /v1/sessions lists them.`,
    {
      details: { sessionId: id },
    },
  )
}

function heldElsewhere(id: string, owner?: string, cause?: unknown): SessionFailure {
  const who = owner === undefined ? 'another process' : `the process "${owner}"`
  return new SessionFailure(
    'session_elsewhere',
    `Session ${id} is being written by ${who}; send the request there, or try again when it has stopped.`,
    { details: { sessionId: id, ...(owner === undefined ? {} : { owner }) }, cause },
  )
}
