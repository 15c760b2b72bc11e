import { mkdtemp, rm } from 'node:fs/promises'
import type { ServerResponse } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Readable } from 'node:stream'
import { text } from 'node:stream/consumers'
import { extract } from 'tar-stream'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { SandboxError } from '../sandbox.js'
import { buildImage } from './build.js'
import { writeCheckout } from './checkout.fixture.js'
import { type FakeEngine, startEngine } from './engine.fixture.js'
import { type ImageOptions, imageDefaults } from './options.js'
import { outputCharsMax } from './progress.js'
import { imageTag } from './recipe.js'

let options: ImageOptions
let checkout: string
let engine: FakeEngine | undefined
beforeEach(async () => {
  checkout = await mkdtemp(join(tmpdir(), 'checkout-'))
  await writeCheckout(checkout)
  options = { ...imageDefaults, checkout }
})
afterEach(async () => {
  await engine?.close()
  engine = undefined
  await rm(checkout, { recursive: true })
})

const says = (...messages: object[]) => {
  const lines = messages.map((message) => `${JSON.stringify(message)}\r\n`).join('')
  return (response: ServerResponse) => void response.end(lines)
}
const step = { stream: 'Step 3/9 : RUN apt-get update\n' }
const image = { aux: { ID: 'sha256:1' } }

async function build(answer: (response: ServerResponse) => void, signal?: AbortSignal) {
  engine = await startEngine(answer)
  const progress: string[] = []
  const onProgress = (line: string) => void progress.push(line)
  const building = buildImage({ docker: engine.docker, options, onProgress, ...(signal ? { signal } : {}) })
  return { building, progress, engine }
}

it('a build is named by its inputs, and tells every line', async () => {
  const { building, progress } = await build(says(step, { stream: ' ---> Running\n\u001b[32mok\u001b[0m\n' }, image))
  expect(await building).toBe(await imageTag(options))
  expect(progress).toEqual(['Step 3/9 : RUN apt-get update', ' ---> Running', 'ok'])
})

it('lines that arrive in pieces are put together', async () => {
  const { building, progress } = await build((response) => {
    const bytes = Buffer.from(`${JSON.stringify({ stream: 'größer\n' })}\n${JSON.stringify(image)}`)
    response.write(bytes.subarray(0, 14), () => setImmediate(() => response.end(bytes.subarray(14))))
  })
  await building
  expect(progress).toEqual(['größer'])
})

it('the engine gets the target, the arguments, the label and the files', async () => {
  const { building, engine } = await build(says(image))
  const tag = await building
  const [request] = engine.received
  expect(Object.fromEntries(request?.query ?? [])).toMatchObject({ t: tag, target: 'base', version: '1' })
  expect(JSON.parse(request?.query.get('labels') ?? '')).toEqual({ 'com.auroracoder.image': '1' })
  expect(JSON.parse(request?.query.get('buildargs') ?? '')).toMatchObject({ BASE: options.base, WEB_UID: '1001' })
  const files = await unpack(request?.archive ?? Buffer.alloc(0))
  expect(files.get('built/servers/files/dist/main.js')).toBe('files()')
  expect([...files.keys()]).toEqual(expect.arrayContaining(['ca/', 'network/', 'Dockerfile']))
})

it('a step that fails is told with the end of its output', async () => {
  const output = { stream: `${'x'.repeat(outputCharsMax)}\nNo space left on device\n` }
  const { building } = await build(says(step, output, { error: 'returned a non-zero code: 100' }))
  const failure = await building.catch((error: unknown) => error)
  expect(failure).toBeInstanceOf(SandboxError)
  expect(`${failure}`).toMatch(/returned a non-zero code: 100 \(Step 3\/9 : RUN apt-get update\)/)
  expect(`${failure}`).toMatch(/No space left on device$/)
  expect(`${failure}`.length).toBeLessThan(outputCharsMax + 500)
})

it('the output of the steps before is not told', async () => {
  const { building } = await build(says({ stream: 'Step 2/9 : COPY a b\nearlier\n' }, step, { error: 'no' }))
  await expect(building).rejects.toThrow(/^(?!.*earlier)/s)
})

it('an engine that breaks off is no success', async () => {
  const { building } = await build(says(step))
  await expect(building).rejects.toThrow(/broke off without an image \(Step 3\/9/)
})

it('an engine that cuts the connection is no success', async () => {
  const { building } = await build((response) => {
    response.write(`${JSON.stringify(step)}\n`, () => response.destroy())
  })
  await expect(building).rejects.toThrow(SandboxError)
})

it('what is no message of an engine is an error', async () => {
  const { building } = await build((response) => void response.end('<html>\n'))
  await expect(building).rejects.toThrow(SandboxError)
})

it('an engine that refuses is quoted', async () => {
  const { building } = await build((response) => {
    response.writeHead(500, { 'content-type': 'application/json' })
    response.end('{"message": "target stage base not found"}')
  })
  await expect(building).rejects.toThrow(/did not build the image.*target stage base not found/s)
})

it('an engine that does not answer is an error', async () => {
  const { docker, close } = await startEngine(() => {})
  await close()
  await expect(buildImage({ docker, options })).rejects.toThrow(/did not build the image.*ECONNREFUSED/s)
})

it('an abort ends the build, with its reason', async () => {
  const reason = new Error('The user has stopped it.')
  const abort = new AbortController()
  let hungUp: Promise<unknown> = Promise.resolve()
  const { building } = await build((response) => {
    hungUp = new Promise((resolve) => response.once('close', resolve))
    response.write(`${JSON.stringify(step)}\n`, () => abort.abort(reason))
  }, abort.signal)
  await expect(building).rejects.toBe(reason)
  await hungUp
})

it('a signal that is aborted before begins nothing', async () => {
  const { building, engine } = await build(says(image), AbortSignal.abort(new Error('too late')))
  await expect(building).rejects.toThrow('too late')
  expect(engine.received).toEqual([])
})

async function unpack(archive: Buffer): Promise<Map<string, string>> {
  const files = new Map<string, string>()
  const unpacking = Readable.from([archive]).pipe(extract())
  for await (const entry of unpacking) files.set(entry.header.name, await text(entry))
  return files
}
