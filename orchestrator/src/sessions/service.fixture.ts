import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pino } from 'pino'
import type { Agent, Content, StoredEvent } from '../events/index.js'
import { endsRun } from '../events/index.js'
import type { EventStore } from './event-store.js'
import type { SessionEvent } from './hub.js'
import { openLibsqlStore } from './libsql/store.js'
import { createSessions, type Sessions } from './sessions.js'
import type { TurnSnapshots } from './turn-snapshots.js'

export const silent = pino({ level: 'silent' })

export interface Service {
  sessions: Sessions
  store: EventStore
  /** Ends it as a graceful stop would. */
  stop(): Promise<void>
}

export interface ServeOptions {
  agent: Agent
  owner?: string
  now?: () => number
  snapshots?: TurnSnapshots
  /** Puts a slower or failing store before the real one. */
  wrap?: (store: EventStore) => EventStore
  observe?: (event: StoredEvent) => void
}

export interface Folder {
  path: string
  /** A process of its own, as far as the store can tell. */
  serve(options: ServeOptions): Promise<Service>
  dispose(): Promise<void>
}

/** A data directory for one test; whatever was started on it ends with it. */
export async function createFolder(parent = tmpdir()): Promise<Folder> {
  const path = await mkdtemp(join(parent, 'aurora-sessions-'))
  const services = new Set<Service>()
  return {
    path,
    async serve({ agent, owner = 'one', now = Date.now, wrap = (store) => store, observe = () => {}, snapshots }) {
      const store = wrap(await openLibsqlStore({ file: join(path, 'events.db'), now }))
      const kept = snapshots === undefined ? {} : { snapshots }
      const scratchRoot = join(path, 'scratch')
      const sessions = createSessions({ store, agent, owner, scratchRoot, log: silent, now, observe, ...kept })
      const service = {
        sessions,
        store,
        async stop() {
          if (!services.delete(service)) return
          await sessions.close()
          await store.close()
        },
      }
      services.add(service)
      return service
    },
    async dispose() {
      for (const service of services) await service.stop()
      await rm(path, { recursive: true })
    },
  }
}

export function say(text: string): { input: Content } {
  return { input: [{ type: 'text', text }] }
}

/** Follows a session until a run ends, and gives back everything that was seen. */
export async function untilEnd(sessions: Sessions, id: string, after = 0): Promise<SessionEvent[]> {
  const seen: SessionEvent[] = []
  const abort = new AbortController()
  for await (const batch of await sessions.follow(id, { after, signal: abort.signal })) {
    seen.push(...batch)
    if (batch.some(endsRun)) break
  }
  return seen
}

export function isStored(event: SessionEvent): event is StoredEvent {
  return 'seq' in event
}
