import { z } from 'zod'
import type { Service } from '../e2e/orchestrator/service.js'
import { readFaithfully } from './faithful-reader.js'
import type { Tally } from './tally.js'

const sessionSchema = z.object({ session: z.object({ id: z.string() }) })
/** A log grows with every run and is read whole at the start of the next one, so sessions do not live for ever. */
const runsPerSession = 3

export interface BusyOptions {
  readonly service: Service
  readonly tally: Tally
  readonly random: () => number
  readonly isOver: () => boolean
  /** Told of the session that streams now. */
  readonly onSession: (id: string) => void
}

/** One session after the other, each streaming without a pause to a reader that is cut again and again. */
export async function keepBusy({ service, tally, random, isOver, onSession }: BusyOptions): Promise<void> {
  while (!isOver()) {
    const session = await newSession(service)
    onSession(session)
    const reading = readFaithfully({ service, session, tally, cutAfterMs: () => 200 + random() * 4_000 })
    for (let run = 0; run < runsPerSession && !isOver(); run += 1) {
      await runToEnd(service, session).catch((error: unknown) => tally.failures.push(`A run: ${error}`))
      tally.runs += 1
    }
    const { status } = await service.api('DELETE', `/v1/sessions/${session}`)
    if (status !== 204) tally.failures.push(`Removing a session was answered by ${status}.`)
    await reading
  }
}

export async function newSession({ api }: Service): Promise<string> {
  return sessionSchema.parse((await api('POST', '/v1/sessions', {})).body).session.id
}

/** The answer to the request is itself a stream, which ends with the run. */
async function runToEnd({ url, token }: Service, session: string): Promise<void> {
  const response = await fetch(`${url}/v1/sessions/${session}/runs`, {
    method: 'POST',
    headers: {
      authorization: `Bearer ${token}`,
      accept: 'text/event-stream',
      'content-type': 'application/json',
      // A connection that is kept for the next request would be counted as a descriptor that is left.
      connection: 'close',
    },
    body: JSON.stringify({ input: 'Go on.' }),
  })
  const text = await response.text()
  if (!text.includes('\nevent: run.finished\n'))
    throw new Error(`expected run.finished at its end: ${text.slice(-300)}`)
}
