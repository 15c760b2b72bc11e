import { randomUUID } from 'node:crypto'
import { type Server, WebStandardStreamableHTTPServerTransport } from '@modelcontextprotocol/server'
import type { Log } from './definition.js'
import { createEventStore } from './event-store.js'

export interface LegacySessions {
  fetch(request: Request): Promise<Response>
  close(): Promise<void>
}

export interface LegacySessionsOptions {
  createServer(): Server
  log: Log
}

export const sessionsMax = 64
export const sessionIdleMs = 30 * 60_000
const sweepMs = 60_000
/** How long a client waits before it comes back to a stream that we ended. */
const retryMs = 1_000

interface Session {
  transport: WebStandardStreamableHTTPServerTransport
  usedAt: number
}

/** Sessions of the 2025 revisions: at most `sessionsMax`, the one that was idle longest goes first. */
export function createLegacySessions({ createServer, log }: LegacySessionsOptions): LegacySessions {
  const sessions = new Map<string, Session>()
  const sweeper = setInterval(() => closeIdle(sessions), sweepMs)
  sweeper.unref()

  async function open(): Promise<WebStandardStreamableHTTPServerTransport> {
    const transport = new WebStandardStreamableHTTPServerTransport({
      sessionIdGenerator: randomUUID,
      eventStore: createEventStore(),
      retryInterval: retryMs,
      onsessioninitialized(id) {
        makeRoom(sessions)
        sessions.set(id, { transport, usedAt: Date.now() })
      },
      onsessionclosed: (id) => void sessions.delete(id),
    })
    const server = createServer()
    server.onerror = (error) => log.warn('protocol error', { err: error })
    server.onclose = () => {
      if (transport.sessionId !== undefined) sessions.delete(transport.sessionId)
    }
    await server.connect(transport)
    return transport
  }

  return {
    async fetch(request) {
      const id = request.headers.get('mcp-session-id')
      if (id === null) return (await open()).handleRequest(request)
      const session = sessions.get(id)
      if (!session) return unknownSession()
      session.usedAt = Date.now()
      return session.transport.handleRequest(request)
    },
    async close() {
      clearInterval(sweeper)
      await Promise.allSettled([...sessions.values()].map(({ transport }) => transport.close()))
    },
  }
}

/** The protocol asks for 404, upon which a client opens a new session. */
function unknownSession(): Response {
  const message = 'Session not found: it was closed or was idle for too long. Send a new initialize request.'
  return Response.json({ jsonrpc: '2.0', id: null, error: { code: -32_001, message } }, { status: 404 })
}

function makeRoom(sessions: ReadonlyMap<string, Session>): void {
  if (sessions.size < sessionsMax) return
  const oldest = [...sessions.values()].reduce((a, b) => (b.usedAt < a.usedAt ? b : a))
  void oldest.transport.close()
}

function closeIdle(sessions: ReadonlyMap<string, Session>): void {
  const idleSince = Date.now() - sessionIdleMs
  for (const session of sessions.values()) {
    if (session.usedAt < idleSince) void session.transport.close()
  }
}
