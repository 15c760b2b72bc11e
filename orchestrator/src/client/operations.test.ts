import { beforeAll, expect, test } from 'vitest'
import { z } from 'zod'
import { describedApp } from '../http/described-app.fixture.js'
import { createClient, eventsPath, operations } from './index.js'

interface Route {
  /** `POST /v1/sessions`. */
  name: string
  operationId: string
  /** More than one where the media type chooses. */
  bodies: unknown[]
  answer: unknown
  keyed: boolean
}

const answerTypes = ['application/json', 'text/jsonl', 'application/octet-stream', 'application/zip']

let routes: Route[]
beforeAll(async () => {
  const { openAPIRegistry } = await describedApp()
  routes = openAPIRegistry.definitions.flatMap((definition) => {
    if (definition.type !== 'route') return []
    const { method, path, operationId = '', request, responses } = definition.route
    const success = Object.entries(responses).filter(([status]) => /^2/.test(status))
    const media = success.map(([, response]) => contentOf(response))
    return {
      name: `${method.toUpperCase()} ${path}`,
      operationId,
      bodies: Object.values(contentOf(request?.body) ?? {}),
      answer: media.map((content) => answerTypes.map((type) => content?.[type]).find(Boolean)).find(Boolean),
      keyed: JSON.stringify(request?.headers ?? {}).includes('idempotency-key'),
    }
  })
})

/** Schemas by media type; they are compared as objects: the same schema, not one that looks like it. */
function contentOf(body: unknown): Record<string, unknown> | undefined {
  const parsed = z.object({ content: z.record(z.string(), z.looseObject({})) }).safeParse(body)
  if (!parsed.success) return undefined
  return Object.fromEntries(Object.entries(parsed.data.content).map(([type, media]) => [type, media.schema]))
}

test('every operation of the API is in the table, and nothing else', () => {
  const described = routes.map(({ operationId, name }) => `${operationId}: ${name}`)
  const known = Object.entries(operations).map(([id, { method, path }]) => `${id}: ${method} ${path}`)
  const missing = 'The table in orchestrator/src/client/operations.ts must name what /openapi.json does.'
  expect([...known, `followEvents: GET ${eventsPath}`].toSorted(), missing).toEqual(described.toSorted())
})

test.each(Object.entries(operations))('%s sends and reads by the schemas of its route', (id, operation) => {
  const route = routes.find(({ operationId }) => operationId === id)
  if (route === undefined) throw new Error(`No route has the operationId ${id}.`)
  const sent = bodiesOf(operation.body)
  expect(route.bodies).toHaveLength(sent.length)
  for (const [index, schema] of sent.entries()) expect(route.bodies[index]).toBe(schema)
  if (operation.format === 'none') expect(route.answer).toBeUndefined()
  else expect(route.answer).toBe(operation.answer)
  expect(operation.keyed).toBe(route.keyed)
})

function bodiesOf(body: z.ZodType): readonly unknown[] {
  if (body instanceof z.ZodVoid) return []
  return body instanceof z.ZodUnion ? body.options : [body]
}

test('every operation has exactly one method of the client, and every method an operation', async () => {
  const seen: string[] = []
  const client = createClient({
    url: 'http://api.test',
    retriesMax: 0,
    fetch: async (input, init) => {
      seen.push(`${init?.method} ${new URL(String(input)).pathname}`)
      throw new Error('nothing is sent')
    },
  })
  const { events, run, ...groups } = client
  const methods = Object.values(groups).flatMap((group) => Object.entries<unknown>(group))
  // Built of other methods.
  const composed = ['all']
  for (const [name, method] of methods) {
    if (composed.includes(name)) continue
    if (typeof method !== 'function') throw new Error(`${name} is no method.`)
    await expect(method('{id}', '{approvalId}', {}), name).rejects.toMatchObject({ code: 'unreachable' })
  }
  for await (const _ of catching(events('{id}'))) throw new Error('nothing comes')
  const called = seen.map(decodeURIComponent)
  expect(called.toSorted()).toEqual(routes.map(({ name }) => name).toSorted())
  expect(run).toBeTypeOf('function')
})

async function* catching(events: AsyncIterable<unknown>) {
  try {
    yield* events
  } catch (error) {
    expect(error).toMatchObject({ code: 'unreachable' })
  }
}
