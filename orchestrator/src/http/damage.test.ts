import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { createClient } from '@libsql/client'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { wordsAgent } from '../sessions/agent.fixture.js'
import type { DamagedSession } from '../sessions/libsql/rows.js'
import { openLibsqlStore } from '../sessions/libsql/store.js'
import { type Bench, createBench, parseFrames } from './server.fixture.js'

let bench: Bench
beforeEach(async () => {
  bench = await createBench({ agent: wordsAgent })
})
afterEach(() => bench.dispose())

/** What a broken disk or a foreign hand does to the file while the server runs. */
async function damage(sql: string, args: (string | number)[]): Promise<void> {
  const client = createClient({ url: pathToFileURL(join(bench.folder.path, 'events.db')).href, timeout: 5_000 })
  await client.execute({ sql, args })
  client.close()
}

async function ranSession(): Promise<string> {
  const id = await bench.session()
  await bench.call('POST', `/v1/sessions/${id}/runs`, { input: 'one two' }, { accept: 'text/event-stream' })
  return id
}

const isDamaged = (id: string) => ({
  status: 500,
  body: { error: { code: 'session_damaged', message: expect.stringContaining(id) } },
})

test.each(['{"v":1', 'null', '{}', '[]'])(
  'a session whose row holds %s is left out of lists and refused by name, and the others work',
  async (body) => {
    const broken = await ranSession()
    const whole = await ranSession()
    await damage('UPDATE sessions SET body = ? WHERE id = ?', [body, broken])
    const listed = (await bench.call('GET', '/v1/sessions')).body.sessions.map(({ id }: { id: string }) => id)
    expect(listed).toEqual([whole])
    for (const path of ['', '/messages', '/events']) {
      expect(await bench.call('GET', `/v1/sessions/${broken}${path}`)).toMatchObject(isDamaged(broken))
    }
    expect(await bench.call('POST', `/v1/sessions/${broken}/runs`, { input: 'x' })).toMatchObject(isDamaged(broken))
    expect((await bench.call('GET', `/v1/sessions/${whole}/messages`)).status).toBe(200)
  },
)

test('a service that starts on a damaged session names it and takes up the others', async () => {
  const [broken, whole] = [await ranSession(), await ranSession()]
  await damage("UPDATE sessions SET state = 'running'", [])
  await damage('UPDATE sessions SET body = ? WHERE id = ?', ['x', broken])
  const found: DamagedSession[] = []
  const file = join(bench.folder.path, 'events.db')
  const store = await openLibsqlStore({ file, now: Date.now, onDamaged: (damaged) => found.push(damaged) })
  expect((await store.unsettled()).map(({ summary }) => summary.id)).toEqual([whole])
  expect(found).toMatchObject([{ sessionId: broken, error: { code: 'session_damaged' } }])
  store.close()
})

test('an event that cannot be read stops its own session there: what stands before it is still told', async () => {
  const [broken, whole] = [await ranSession(), await ranSession()]
  await damage('UPDATE events SET body = ? WHERE session = ? AND seq = 4', ['{"v":1,"seq":4', broken])
  expect(await bench.call('GET', `/v1/sessions/${broken}/messages`)).toMatchObject({
    ...isDamaged(broken),
    body: { error: { code: 'session_damaged', details: { sessionId: broken, seq: 4 } } },
  })
  const { status, body } = await bench.call('GET', `/v1/sessions/${broken}/events`)
  expect(status).toBe(200)
  expect(parseFrames(body).map(({ id }) => id)).toEqual(['1', '2', '3'])
  expect(await bench.call('GET', `/v1/sessions/${broken}/events?after=3`)).toMatchObject(isDamaged(broken))
  const listed = (await bench.call('GET', '/v1/sessions')).body.sessions
  expect(listed).toHaveLength(2)
  await bench.call('POST', `/v1/sessions/${whole}/runs`, { input: 'again' }, { accept: 'text/event-stream' })
})
