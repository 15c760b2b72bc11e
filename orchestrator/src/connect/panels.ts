import type { Connection } from '@auroracoder/kit/client'
import { type PanelResult, panelExtension } from '@auroracoder/kit/wire'
import type { ServerLink } from './server-link.js'
import type { PanelReadings, Standing } from './tool-set.js'

/** A server that does not answer by then keeps no model call waiting. */
export const panelReadMsMax = 10_000

/** What servers know a conversation of a session by. */
export function conversationOf(sessionId: string, { branch, thread }: Pick<Standing, 'branch' | 'thread'>): string {
  const own = thread === undefined ? sessionId : `${sessionId}/${thread}`
  return branch === 0 ? own : `${own}/${branch}`
}

/** What a call tells its server of the panel that the server owns. */
export function panelMeta(owned: readonly string[], { panels }: Standing): Record<string, unknown> {
  const known = panels.find(({ id }) => owned.includes(id))
  return known?.state === undefined ? {} : { [panelExtension]: { state: known.state } }
}

/** Asks all owners of panels at once what has changed. */
export async function readPanels(
  owners: readonly { link: ServerLink; connection: Connection }[],
  request: Standing & { signal: AbortSignal },
  sessionId: string,
): Promise<PanelReadings> {
  const conversation = conversationOf(sessionId, request)
  const reads = owners.flatMap(({ link, connection }) =>
    connection.panels.map(async (id): Promise<PanelResult | Problem> => {
      const { since, state } = request.panels.find((known) => known.id === id) ?? { since: 0, state: undefined }
      const read = link.readPanel({ id, conversation, since, ...(state === undefined ? {} : { state }) })
      try {
        return { id, ...(await withinTime(read, request.signal)) }
      } catch (error) {
        return { panel: id, message: error instanceof Error ? error.message : String(error) }
      }
    }),
  )
  const readings = await Promise.all(reads)
  request.signal.throwIfAborted()
  return {
    results: readings.filter((reading) => 'id' in reading),
    problems: readings.filter((reading) => 'panel' in reading),
  }
}

interface Problem {
  panel: string
  message: string
}

async function withinTime<T>(work: Promise<T>, signal: AbortSignal): Promise<T> {
  const limit = AbortSignal.any([signal, AbortSignal.timeout(panelReadMsMax)])
  const stopped = new AbortController()
  const late = new Promise<never>((_, reject) => {
    const refuse = (): void => reject(new Error(`no answer within ${panelReadMsMax / 1_000} s`))
    if (limit.aborted) refuse()
    else limit.addEventListener('abort', refuse, { once: true, signal: stopped.signal })
  })
  try {
    return await Promise.race([work, late])
  } finally {
    stopped.abort()
  }
}
