import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdir, mkdtemp, readdir, readFile, rename, rm, stat, writeFile } from 'node:fs/promises'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type StoredEvent, storedEventSchema } from '@auroracoder/orchestrator/events'
import { createScriptedModel, type ScriptedModel, type ScriptInput } from '@auroracoder/orchestrator/scripted-model'
import { EventSource } from 'eventsource'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { z } from 'zod'
import { brokenProject, fixScript } from './scripts.js'
import { bin, processesNaming, runBin, type Service, startService } from './service.js'

let folder: string
let workspace: string
let model: ScriptedModel | undefined
let service: Service | undefined

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'auroracoder-serve-'))
  workspace = join(folder, 'project')
  await mkdir(workspace)
  for (const [name, text] of Object.entries(brokenProject)) await writeFile(join(workspace, name), text)
})
afterEach(async () => {
  await service?.stop()
  await model?.close()
  service = undefined
  model = undefined
  expect(await processesNaming(folder)).toEqual([])
  await rm(folder, { recursive: true })
})

async function serve(script: ScriptInput, options: { delayMs?: number; args?: string[] } = {}): Promise<Service> {
  model ??= await createScriptedModel({ script, delayMs: options.delayMs ?? 0 })
  service = await startService({ dataDir: join(folder, 'data'), modelUrl: model.url, args: options.args ?? [] })
  return service
}

const sessionSchema = z.object({ session: z.object({ id: z.string() }) })
const runSchema = z.object({ run: z.object({ id: z.string(), status: z.string() }) })
const errorSchema = z.object({ error: z.object({ code: z.string(), message: z.string() }) })

async function newSession({ api }: Service): Promise<string> {
  const { status, body } = await api('POST', '/v1/sessions', { workspace })
  expect(status).toBe(201)
  return sessionSchema.parse(body).session.id
}

async function startRun({ api }: Service, session: string, input = 'The sum is wrong. Fix it.'): Promise<string> {
  const { status, body } = await api('POST', `/v1/sessions/${session}/runs`, { input })
  expect(status).toBe(202)
  return runSchema.parse(body).run.id
}

const callSchema = z.object({
  sessionId: z.string(),
  runId: z.string(),
  request: z.object({ messages: z.array(z.unknown()) }),
  answer: z.object({ finishReason: z.string() }).optional(),
})

const runEnds = ['run.finished', 'run.failed', 'run.cancelled']

interface Follow {
  session: string
  after?: number
  /** Settles with the durable events so far when it answers true. */
  until(event: StoredEvent): boolean
}

/** A real EventSource client. */
function follow({ url, token }: Service, { session, after = 0, until }: Follow): Promise<StoredEvent[]> {
  const source = new EventSource(`${url}/v1/sessions/${session}/events?after=${after}`, {
    fetch: (input, init) => fetch(input, { ...init, headers: { ...init.headers, authorization: `Bearer ${token}` } }),
  })
  const events: StoredEvent[] = []
  return new Promise((resolve, reject) => {
    for (const type of storedEventSchema.options.map((option) => option.shape.type.value)) {
      source.addEventListener(type, (message) => {
        try {
          const event = storedEventSchema.parse(JSON.parse(message.data))
          expect(message.lastEventId).toBe(String(event.seq))
          events.push(event)
          if (!until(event)) return
          source.close()
          resolve(events)
        } catch (error) {
          source.close()
          reject(error)
        }
      })
    }
  })
}

const untilEnd = (event: StoredEvent): boolean => runEnds.includes(event.type)

describe('auroracoder serve', { timeout: 60_000 }, () => {
  it('runs a task over HTTP and shows every event of it', async () => {
    const running = await serve(fixScript())
    const session = await newSession(running)
    const seen = follow(running, { session, until: untilEnd })
    await startRun(running, session)
    const events = await seen
    expect(events.map(({ seq }) => seq)).toEqual(events.map((_, index) => index + 1))
    expect(events.at(-1)).toMatchObject({ type: 'run.finished', data: { status: 'completed' } })
    expect(events.some(({ type }) => type === 'tool.corrected')).toBe(true)
    expect(await readFile(join(workspace, 'sum.js'), 'utf8')).toContain('a + b')
    const { body } = await running.api('GET', `/v1/sessions/${session}/messages`)
    expect(JSON.stringify(body)).toContain('Überprüft ✓')
  })

  it('gives a client that is cut ten times at random every durable event once', async () => {
    const running = await serve(fixScript(), { delayMs: 3 })
    const session = await newSession(running)
    await startRun(running, session)
    const seen: number[] = []
    let isOver = false
    for (let cuts = 0; !isOver; cuts += 1) {
      // After ten cuts the client is left alone.
      const bytesMax = cuts < 10 ? 50 + Math.floor(Math.random() * 2_500) : Number.POSITIVE_INFINITY
      const read = await readFrames(running, session, { lastEventId: seen.at(-1) ?? 0, bytesMax })
      seen.push(...read.seqs)
      isOver = read.isOver
    }
    expect(seen).toEqual(seen.map((_, index) => index + 1))
    const { body } = await running.api('GET', `/v1/sessions/${session}`)
    expect(JSON.stringify(body)).toContain('completed')
  })

  it('goes on with a run after kill -9, keeps its history and leaves no process behind', async () => {
    const before = await serve(fixScript(), { delayMs: 10 })
    const session = await newSession(before)
    const untilEdit = follow(before, { session, until: ({ type }) => type === 'tool.corrected' })
    await startRun(before, session)
    const seen = await untilEdit
    await before.kill('SIGKILL')

    const after = await serve(fixScript())
    const events = await follow(after, { session, until: untilEnd })
    expect(events.slice(0, seen.length)).toEqual(seen)
    expect(events.map(({ seq }) => seq)).toEqual(events.map((_, index) => index + 1))
    expect(events.at(-1)).toMatchObject({ type: 'run.finished', data: { status: 'completed' } })
    expect(await readFile(join(workspace, 'sum.js'), 'utf8')).toContain('a + b')
  })

  it('cancels a running command within two seconds and leaves none of its processes', async () => {
    const command = `sleep 6001; echo ${folder}`
    const script = { steps: [{ reply: { calls: [{ name: 'run_terminal_command', arguments: { command } }] } }] }
    const running = await serve(script)
    const session = await newSession(running)
    const started = follow(running, { session, until: ({ type }) => type === 'tool.started' })
    const ended = follow(running, { session, until: untilEnd })
    await startRun(running, session)
    await started
    const begin = performance.now()
    const { status } = await running.api('POST', `/v1/sessions/${session}/cancel`)
    expect(performance.now() - begin).toBeLessThan(2_500)
    expect(status).toBe(200)
    expect((await ended).at(-1)?.type).toBe('run.cancelled')
    expect(await processesNaming('sleep 6001')).toEqual([])
    // The session is usable afterwards.
    expect((await running.api('GET', `/v1/sessions/${session}`)).status).toBe(200)
  })

  it('names a workspace that has gone, and removes what its tools kept of a session with it', async () => {
    const running = await serve({ steps: [{ reply: { text: 'Done.' } }] })
    const session = await newSession(running)
    const gone = `${workspace}-gone`
    await rename(workspace, gone)
    const failed = follow(running, { session, until: untilEnd })
    const runId = await startRun(running, session)
    expect((await failed).at(-1)).toMatchObject({ type: 'run.failed', runId, data: { code: 'agent_failed' } })
    expect(JSON.stringify((await failed).at(-1))).toContain(`\\"${workspace}\\" does not exist`)

    await rename(gone, workspace)
    const next = await startRun(running, session)
    await follow(running, { session, until: (event) => untilEnd(event) && event.runId === next })
    const kept = join(folder, 'data', 'servers')
    expect(await readdir(kept)).toEqual([session])
    expect((await running.api('DELETE', `/v1/sessions/${session}`)).status).toBe(204)
    expect(await readdir(kept)).toEqual([])
  })

  it('serves the same run for a repeated Idempotency-Key', async () => {
    const running = await serve(fixScript())
    const session = await newSession(running)
    const start = (input: string) =>
      running.api('POST', `/v1/sessions/${session}/runs`, { input }, { 'idempotency-key': 'k1' })
    const [first, second] = [await start('a'), await start('a')]
    expect(runSchema.parse(second.body).run.id).toBe(runSchema.parse(first.body).run.id)
    expect((await start('b')).status).toBe(409)
    await follow(running, { session, until: untilEnd })
  })

  it('ends within two seconds of SIGTERM, also in the middle of a run', async () => {
    const script = {
      steps: [{ reply: { calls: [{ name: 'run_terminal_command', arguments: { command: 'sleep 600' } }] } }],
    }
    const running = await serve(script)
    const session = await newSession(running)
    const started = follow(running, { session, until: ({ type }) => type === 'tool.started' })
    await startRun(running, session)
    await started
    const begin = performance.now()
    await running.stop()
    expect(performance.now() - begin).toBeLessThan(4_000)
  })
})

interface Read {
  seqs: number[]
  isOver: boolean
}

/** Reads the stream as bytes and drops the connection after some of them. */
async function readFrames(
  { url, token }: Service,
  session: string,
  { lastEventId, bytesMax }: { lastEventId: number; bytesMax: number },
): Promise<Read> {
  const abort = new AbortController()
  const response = await fetch(`${url}/v1/sessions/${session}/events`, {
    headers: { authorization: `Bearer ${token}`, 'last-event-id': String(lastEventId) },
    signal: abort.signal,
  })
  let text = ''
  let bytes = 0
  const decoder = new TextDecoder()
  for await (const chunk of response.body ?? []) {
    const kept = chunk.subarray(0, bytesMax - bytes)
    bytes += kept.length
    text += decoder.decode(kept, { stream: true })
    if (bytes >= bytesMax || runEnds.some((type) => text.includes(`event: ${type}`))) break
  }
  abort.abort()
  // Only frames that arrived whole count, as for any SSE client.
  const whole = text.slice(0, text.lastIndexOf('\n\n') + 1)
  return {
    seqs: [...whole.matchAll(/^id: (\d+)$/gm)].map((match) => Number(match[1])),
    isOver: runEnds.some((type) => whole.includes(`event: ${type}`)),
  }
}

describe('the door', { timeout: 30_000 }, () => {
  const script = fixScript()

  it('needs the token', async () => {
    const { url } = await serve(script)
    for (const headers of [{}, { authorization: 'Bearer wrong' }, { authorization: 'Basic x' }]) {
      const response = await fetch(`${url}/v1/sessions`, { headers })
      expect(response.status).toBe(401)
      expect(errorSchema.parse(await response.json()).error.code).toBe('unauthorized')
    }
  })

  it('keeps the token in a file that only its owner can read', async () => {
    await serve(script)
    expect((await stat(join(folder, 'data', 'token'))).mode & 0o777).toBe(0o600)
  })

  it('refuses a foreign Host and a foreign Origin', async () => {
    const { url, token, api } = await serve(script)
    const foreign = await api('GET', '/v1/sessions', undefined, { origin: 'http://evil.example' })
    expect(foreign.status).toBe(403)
    const samePortElsewhere = await api('GET', '/v1/sessions', undefined, { origin: url.replace(/:\d+$/, ':1') })
    expect(samePortElsewhere.status).toBe(403)
    expect(await statusWithHost(url, 'evil.example', token)).toBe(403)
    expect(await statusWithHost(url, new URL(url).host, token)).toBe(200)
  })

  it('logs a browser in by the printed URL, once', async () => {
    model = await createScriptedModel({ script })
    const env = { PATH: process.env.PATH, DEEPSEEK_BASE_URL: model.url }
    const args = [bin, 'serve', '--port', '0', '--data-dir', join(folder, 'data')]
    const child = spawn(process.execPath, args, { env })
    try {
      const login = await new Promise<string>((resolve) => {
        let text = ''
        child.stdout.setEncoding('utf8').on('data', (piece: string) => {
          text += piece
          const url = /http:\/\/\S*login\S*/.exec(text)?.[0]
          if (url && text.endsWith('\n')) resolve(url)
        })
      })
      const first = await fetch(login, { redirect: 'manual' })
      const cookie = first.headers.get('set-cookie') ?? ''
      expect(cookie).toMatch(/HttpOnly/i)
      expect(cookie).toMatch(/SameSite=Strict/i)
      const { origin } = new URL(login)
      const withCookie = await fetch(`${origin}/v1/sessions`, { headers: { cookie: cookie.split(';')[0] ?? '' } })
      expect(withCookie.status).toBe(200)
      expect((await fetch(login, { redirect: 'manual' })).status).toBeGreaterThanOrEqual(400)
    } finally {
      child.kill('SIGTERM')
      await once(child, 'exit')
    }
  })

  it.each([
    ['an unknown session', 'GET', '/v1/sessions/ses_none', undefined, 404, 'unknown_session'],
    ['an unknown session to run in', 'POST', '/v1/sessions/ses_none/runs', { input: 'x' }, 404, 'unknown_session'],
    ['a body that is not JSON', 'POST', '/v1/sessions', '{"workspace": ', 400, 'malformed_json'],
    ['a body of the wrong shape', 'POST', '/v1/sessions', { workspace: 3 }, 400, 'invalid_request'],
    ['a workspace that does not exist', 'POST', '/v1/sessions', { workspace: '/does/not/exist' }, 400, 'bad_workspace'],
    ['a route that does not exist', 'GET', '/v1/nothing', undefined, 404, 'unknown_route'],
  ])('answers %s with a clear error', async (_, method, path, body, status, code) => {
    const { api } = await serve(script)
    const answer = await api(method, path, body)
    expect(errorSchema.parse(answer.body).error).toMatchObject({ code })
    expect(answer.status).toBe(status)
  })

  it('writes the calls of the model down when it is told to, and no key', async () => {
    const key = 'sk-not-in-the-trace'
    model = await createScriptedModel({ script: fixScript() })
    const dataDir = join(folder, 'data')
    const env = { DEEPSEEK_API_KEY: key }
    service = await startService({ dataDir, modelUrl: model.url, args: ['--trace'], env })
    const session = await newSession(service)
    const seen = follow(service, { session, until: untilEnd })
    const run = await startRun(service, session)
    const asked = (await seen).filter(({ type }) => type === 'step.started')
    await service.stop()
    const [file = ''] = await readdir(join(dataDir, 'traces'))
    const text = await readFile(join(dataDir, 'traces', file), 'utf8')
    const calls = text
      .trim()
      .split('\n')
      .map((line) => callSchema.parse(JSON.parse(line)))
    expect(calls).toHaveLength(asked.length)
    expect(calls.every(({ sessionId, runId }) => sessionId === session && runId === run)).toBe(true)
    expect(calls.at(-1)?.answer?.finishReason).toBe('stop')
    expect(text).not.toContain(key)
  })

  it('serves one data directory by several processes, each under a name of its own', async () => {
    const one = await serve(fixScript())
    const session = await newSession(one)
    const dataDir = join(folder, 'data')
    const modelUrl = model?.url ?? ''
    const other = await startService({ dataDir, modelUrl, args: ['--instance', 'other'] })
    try {
      const seen = follow(other, { session, until: untilEnd })
      await startRun(one, session)
      expect((await seen).at(-1)).toMatchObject({ type: 'run.finished' })
      expect((await other.api('GET', `/v1/sessions/${session}`)).status).toBe(200)
    } finally {
      await other.stop()
    }
    const env = { DEEPSEEK_BASE_URL: modelUrl, AURORACODER_DATA_DIR: dataDir }
    const third = await runBin(['serve', '--port', '0'], env)
    expect(third).toMatchObject({ exitCode: 2, stderr: expect.stringContaining('--instance') })
  })

  it('says that a port is taken', async () => {
    const taken = createServer().listen(0, '127.0.0.1')
    await once(taken, 'listening')
    const address = taken.address()
    const port = typeof address === 'object' && address ? String(address.port) : ''
    try {
      const env = { DEEPSEEK_BASE_URL: 'http://127.0.0.1:9', AURORACODER_DATA_DIR: join(folder, 'data') }
      const { exitCode, stderr } = await runBin(['serve', '--port', port], env)
      expect(stderr).toMatch(new RegExp(`${port}.*taken|taken.*${port}`))
      expect(exitCode).toBe(2)
    } finally {
      taken.close()
    }
  })
})

/** `fetch` sets the Host header itself, so this goes by hand. */
async function statusWithHost(url: string, host: string, token: string): Promise<number> {
  const { request } = await import('node:http')
  const { hostname, port } = new URL(url)
  return new Promise((resolve, reject) => {
    request(
      { hostname, port, path: '/v1/sessions', headers: { host, authorization: `Bearer ${token}` } },
      (response) => {
        response.resume()
        resolve(response.statusCode ?? 0)
      },
    )
      .once('error', reject)
      .end()
  })
}
