import { createRoute } from '@hono/zod-openapi'
import type { Providers } from '../providers/index.js'
import type { App } from './app.js'
import { Refused } from './failure-replies.js'
import {
  providerAnswerSchema,
  providerParamsSchema,
  providersAnswerSchema,
  putProviderSchema,
  testedProviderSchema,
  testProviderSchema,
} from './provider-schemas.js'
import { failures, json } from './route-parts.js'

const tags = ['providers']

const list = createRoute({
  operationId: 'listProviders',
  method: 'get',
  path: '/v1/providers',
  tags,
  summary: 'List the providers of models, and whether they can be used',
  responses: {
    200: json(providersAnswerSchema, 'Providers, without their keys'),
    ...failures,
  },
})

const put = createRoute({
  operationId: 'putProvider',
  method: 'put',
  path: '/v1/providers/{id}',
  tags,
  summary: 'Define a provider, or give one its key; it holds from the next run on',
  request: {
    params: providerParamsSchema,
    body: {
      required: true,
      ...json(putProviderSchema, 'baseUrl is enough; with a built-in id it takes its place as a whole', {
        baseUrl: 'http://127.0.0.1:11434/v1',
      }),
    },
  },
  responses: { 200: json(providerAnswerSchema, 'The provider'), ...failures },
})

const remove = createRoute({
  operationId: 'removeProvider',
  method: 'delete',
  path: '/v1/providers/{id}',
  tags,
  summary: 'Forget a provider and its key; a built-in one is then as it was',
  request: { params: providerParamsSchema },
  responses: { 204: { description: 'Removed' }, ...failures },
})

const test = createRoute({
  operationId: 'testProvider',
  method: 'post',
  path: '/v1/providers/{id}/test',
  tags,
  summary: 'Ask one of its models a tiny question',
  request: {
    params: providerParamsSchema,
    body: json(testProviderSchema, 'The model, else the first there is'),
  },
  responses: { 200: json(testedProviderSchema, 'Whether it answered, how fast, and what failed'), ...failures },
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
