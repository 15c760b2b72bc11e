import { Server } from '@modelcontextprotocol/server'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { createLegacySessions, type LegacySessions, sessionIdleMs } from './legacy-sessions.js'

const quiet = (): void => {}
let sessions: LegacySessions

beforeEach(() => {
  vi.useFakeTimers()
  sessions = createLegacySessions({ createServer, log: { debug: quiet, info: quiet, warn: quiet, error: quiet } })
})
afterEach(async () => {
  await sessions.close()
  vi.useRealTimers()
})

function createServer(): Server {
  return new Server({ name: 'test', version: '1' }, { capabilities: {} })
}

function post(body: object, headers: Record<string, string> = {}): Promise<Response> {
  const types = { 'content-type': 'application/json', accept: 'application/json, text/event-stream' }
  const init = { method: 'POST', headers: { ...types, ...headers }, body: JSON.stringify({ jsonrpc: '2.0', ...body }) }
  return sessions.fetch(new Request('http://127.0.0.1/mcp', init))
}

async function open(): Promise<Record<string, string>> {
  const clientInfo = { name: 'test', version: '1' }
  const params = { protocolVersion: '2025-06-18', capabilities: {}, clientInfo }
  const { headers } = await post({ id: 1, method: 'initialize', params })
  return { 'mcp-session-id': headers.get('mcp-session-id') ?? '' }
}

const ping = { id: 2, method: 'ping' }

describe('a session', () => {
  it('is closed when nobody has used it for half an hour', async () => {
    const session = await open()
    await vi.advanceTimersByTimeAsync(sessionIdleMs - 1)
    expect((await post(ping, session)).status).toBe(200)
    await vi.advanceTimersByTimeAsync(sessionIdleMs - 1)
    expect((await post(ping, session)).status).toBe(200)
    await vi.advanceTimersByTimeAsync(sessionIdleMs + 60_001)
    expect((await post(ping, session)).status).toBe(404)
  })

  it('is not there for another id', async () => {
    await open()
    expect((await post(ping, { 'mcp-session-id': 'other' })).status).toBe(404)
  })

  it('is gone, with its timers, when all are closed', async () => {
    const session = await open()
    await sessions.close()
    expect((await post(ping, session)).status).toBe(404)
    expect(vi.getTimerCount()).toBe(0)
  })
})
