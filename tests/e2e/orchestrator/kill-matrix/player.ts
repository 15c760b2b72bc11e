import { endsRun, type StoredEvent, storedEventSchema } from '@auroracoder/orchestrator/events'
import { z } from 'zod'
import type { Service } from '../service.js'
import { type Subscriber, subscribe } from './subscriber.js'

/**
 * What a user does with the service. After a kill the same play begins again from its start, so every act finds out
 * whether it was done before: an input by its key, anything else by the log.
 */
export interface Player {
  readonly workspace: string
  /** Of the model that answers. */
  readonly modelUrl: string
  /** The session of this play, which is followed from now on. */
  session(options?: Record<string, unknown>): Promise<string>
  follow(session: string): Subscriber
  api(method: string, path: string, body?: unknown, headers?: Record<string, string>): Promise<unknown>
  /** Answers the id of the run. */
  run(session: string, input: string, options: { key: string; delivery?: string }): Promise<string>
  /** Does it unless the log has such an event. */
  once(session: string, type: StoredEvent['type'], act: () => Promise<unknown>): Promise<void>
  until<Found>(session: string, find: (events: readonly StoredEvent[]) => Found | undefined): Promise<Found>
  /** Settles when the run has ended. */
  ended(session: string, run: string): Promise<StoredEvent>
}

export interface PlayerOptions {
  service: Service
  workspace: string
  modelUrl: string
  subscribers: Map<string, Subscriber>
  signal: AbortSignal
}

const pageSchema = z.object({
  sessions: z.array(
    z.object({ id: z.string(), parent: z.unknown().optional(), usage: z.record(z.string(), z.number().nullable()) }),
  ),
})
const sessionSchema = z.object({ session: z.object({ id: z.string() }) })
const runSchema = z.object({ run: z.object({ id: z.string() }) })

export function createPlayer({ service, workspace, modelUrl, subscribers, signal }: PlayerOptions): Player {
  for (const subscriber of subscribers.values()) subscriber.connect(service)

  const api: Player['api'] = async (method, path, body, headers) => {
    signal.throwIfAborted()
    const answer = await service.api(method, path, body, headers)
    if (answer.status < 400) return answer.body
    throw new Error(`${method} ${path} was answered ${answer.status}: ${JSON.stringify(answer.body)}`)
  }
  const follow = (session: string): Subscriber => {
    const known = subscribers.get(session)
    if (known) return known
    const subscriber = subscribe(session)
    subscribers.set(session, subscriber)
    subscriber.connect(service)
    return subscriber
  }
  const until: Player['until'] = (session, find) => follow(session).until(find, signal)

  return {
    workspace,
    modelUrl,
    api,
    follow,
    until,
    async session(options = {}) {
      const first = (await listSessions(service)).find(({ parent }) => parent === undefined)
      const created = async () =>
        sessionSchema.parse(await api('POST', '/v1/sessions', { workspace, ...options })).session
      const { id } = first ?? (await created())
      follow(id)
      return id
    },
    async run(session, input, { key, delivery }) {
      const body = { input, ...(delivery === undefined ? {} : { delivery }) }
      return runSchema.parse(await api('POST', `/v1/sessions/${session}/runs`, body, { 'idempotency-key': key })).run.id
    },
    async once(session, type, act) {
      const log = await logOf(service, session)
      if (!log.some((event) => event.type === type)) await act()
    },
    ended: (session, run) => until(session, (log) => log.find((event) => event.runId === run && endsRun(event))),
  }
}

export async function listSessions({ api }: Service) {
  return pageSchema.parse((await api('GET', '/v1/sessions?limit=100')).body).sessions
}

export async function logOf({ url, token }: Service, session: string): Promise<StoredEvent[]> {
  const headers = { authorization: `Bearer ${token}` }
  const response = await fetch(`${url}/v1/sessions/${session}/export`, { headers })
  const lines = (await response.text()).trim().split('\n')
  return lines.map((line) => storedEventSchema.parse(JSON.parse(line)))
}
