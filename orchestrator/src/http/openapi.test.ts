import { readFile, writeFile } from 'node:fs/promises'
import { Validator } from '@seriousme/openapi-schema-validator'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { z } from 'zod'
import { wordsAgent } from '../sessions/agent.fixture.js'
import { ownVersion } from './described-app.fixture.js'
import { type Bench, createBench } from './server.fixture.js'

/** Set, the description is written instead of compared. */
const writeVariable = 'AURORACODER_WRITE_OPENAPI'
const kept = new URL('../../openapi.json', import.meta.url)

const mediaSchema = z.looseObject({ example: z.unknown().optional() })
const bodySchema = z.looseObject({ content: z.record(z.string(), mediaSchema).optional() })
const operationSchema = z.looseObject({
  operationId: z.string(),
  summary: z.string().min(1),
  parameters: z.array(z.looseObject({ name: z.string(), description: z.string().optional() })).default([]),
  requestBody: bodySchema.optional(),
  responses: z.record(z.string(), bodySchema),
})
const documentSchema = z.looseObject({ paths: z.record(z.string(), z.record(z.string(), operationSchema)) })

let bench: Bench
let document: z.infer<typeof documentSchema>
let operations: z.infer<typeof operationSchema>[]

beforeAll(async () => {
  const unused = () => {
    throw new Error('Only described.')
  }
  bench = await createBench({
    agent: wordsAgent,
    version: await ownVersion(),
    providers: { list: unused, put: unused, remove: unused, test: unused },
    settings: { view: unused, fixedBy: unused, patch: unused },
  })
  document = documentSchema.parse((await bench.call('GET', '/openapi.json')).body)
  operations = Object.values(document.paths).flatMap((path) => Object.values(path))
})
afterAll(() => bench.dispose())

test('the description of the API is valid OpenAPI 3.1', async () => {
  const validator = new Validator()
  expect(await validator.validate(structuredClone(document))).toEqual({ valid: true })
  expect(validator.version).toBe('3.1')
})

test('the validator refuses what is none', async () => {
  const broken = { ...structuredClone(document), paths: { '/x': { get: { responses: 'none' } } } }
  expect(await new Validator().validate(broken)).toMatchObject({ valid: false })
})

test('every operation has an id of its own, and every parameter a description', () => {
  const ids = operations.map(({ operationId }) => operationId)
  expect(ids.length).toBeGreaterThan(20)
  expect(ids.filter((id, index) => ids.indexOf(id) !== index)).toEqual([])
  const silent = operations.flatMap(({ operationId, parameters }) =>
    parameters.filter(({ description }) => !description).map(({ name }) => `${operationId}: ${name}`),
  )
  expect(silent).toEqual([])
})

test.each(['createSession', 'startRun', 'answerApproval', 'forkSession', 'putProvider'])(
  '%s has an example of its body',
  (id) => {
    const body = operations.find(({ operationId }) => operationId === id)?.requestBody
    expect(body?.content?.['application/json']?.example).toBeDefined()
  },
)

test('the example of a new session and of its run are taken by the server', async () => {
  const example = (id: string) =>
    operations.find(({ operationId }) => operationId === id)?.requestBody?.content?.['application/json']?.example
  const newSession = z.looseObject({}).parse(example('createSession'))
  const created = await bench.call('POST', '/v1/sessions', { ...newSession, workspace: null })
  expect(created.status).toBe(201)
  const run = await bench.call('POST', `/v1/sessions/${created.body.session.id}/runs`, example('startRun'))
  expect(run.status).toBe(202)
})

test('the description in the package is the one that is served', async () => {
  const served = `${JSON.stringify(document, null, 2)}\n`
  if (process.env[writeVariable]) await writeFile(kept, served)
  const found = await readFile(kept, 'utf8').catch(() => '')
  const advice = `orchestrator/openapi.json is not what /openapi.json serves. Run ${writeVariable}=1 npx vitest run orchestrator/src/http/openapi and commit the file.`
  expect(found === served, advice).toBe(true)
})
