import { createRoute, z } from '@hono/zod-openapi'
import { type Providers, providerChangeSchema } from '../providers/index.js'
import type { App } from './app.js'
import { Refused } from './failure-replies.js'
import { failures, json } from './route-parts.js'

export const keyCharsMax = 8_192

const idSchema = z.string().regex(/^[a-z0-9][a-z0-9-]*$/, 'expected lower-case letters, digits and "-"')
const paramsSchema = z.object({ id: idSchema })

export const providerSchema = z
  .object({
    id: z.string(),
    name: z.string(),
    baseUrl: z.string(),
    source: z.enum(['built-in', 'config', 'api']),
    overrides: z.boolean(),
    keyVariable: z.string().optional(),
    keyHelp: z.string().optional(),
    key: z.enum(['stored', 'environment', 'google', 'none']),
    usable: z.boolean(),
    reason: z.string().optional(),
    models: z.array(z.string()),
    takesOtherModels: z.boolean(),
  })
  .openapi('Provider')

/** It becomes a header, so that anything else could never be sent. */
const keySchema = z
  .string()
  .trim()
  .min(1)
  .max(keyCharsMax)
  .regex(/^[\x21-\x7e]+$/, 'expected visible ASCII characters')

/** `id` is in the path. Without `baseUrl` only the key changes. */
const putSchema = providerChangeSchema.extend({ key: keySchema.nullable().optional() }).openapi('PutProvider')

const testedSchema = z
  .object({
    ok: z.boolean(),
    model: z.string().optional(),
    latencyMs: z.number(),
    error: z.object({ code: z.string(), message: z.string() }).optional(),
  })
  .openapi('TestedProvider')

const tags = ['providers']
const one = z.object({ provider: providerSchema })

const list = createRoute({
  method: 'get',
  path: '/v1/providers',
  tags,
  summary: 'List the providers of models, and whether they can be used',
  responses: {
    200: json(z.object({ providers: z.array(providerSchema) }), 'Providers, without their keys'),
    ...failures,
  },
})

const put = createRoute({
  method: 'put',
  path: '/v1/providers/{id}',
  tags,
  summary: 'Define a provider, or give one its key; it holds from the next run on',
  request: {
    params: paramsSchema,
    body: { required: true, ...json(putSchema, 'baseUrl is enough; with a built-in id it takes its place as a whole') },
  },
  responses: { 200: json(one, 'The provider'), ...failures },
})

const remove = createRoute({
  method: 'delete',
  path: '/v1/providers/{id}',
  tags,
  summary: 'Forget a provider and its key; a built-in one is then as it was',
  request: { params: paramsSchema },
  responses: { 204: { description: 'Removed' }, ...failures },
})

const test = createRoute({
  method: 'post',
  path: '/v1/providers/{id}/test',
  tags,
  summary: 'Ask one of its models a tiny question',
  request: {
    params: paramsSchema,
    body: json(z.strictObject({ model: z.string().min(1).optional() }), 'The model, else the first there is'),
  },
  responses: { 200: json(testedSchema, 'Whether it answered, how fast, and what failed'), ...failures },
})

export function addProviderRoutes(app: App, providers: Pick<Providers, 'list' | 'put' | 'remove' | 'test'>): void {
  app.openapi(list, (c) => c.json({ providers: providers.list() }, 200))
  app.openapi(put, async (c) => {
    const { key, ...definition } = c.req.valid('json')
    if (definition.baseUrl !== undefined) {
      return c.json({ provider: await providers.put(c.req.valid('param').id, { definition, key }) }, 200)
    }
    if (Object.values(definition).some((value) => value !== undefined) || key === undefined) throw withoutUrl()
    return c.json({ provider: await providers.put(c.req.valid('param').id, { key }) }, 200)
  })
  app.openapi(remove, async (c) => {
    await providers.remove(c.req.valid('param').id)
    return c.body(null, 204)
  })
  app.openapi(test, async (c) => c.json(await providers.test(c.req.valid('param').id, c.req.valid('json').model), 200))
}

function withoutUrl(): Refused {
  return new Refused({
    status: 400,
    code: 'invalid_provider',
    message: 'Expected baseUrl, which defines the provider, or key alone, which only sets the key. Send one of them.',
  })
}
