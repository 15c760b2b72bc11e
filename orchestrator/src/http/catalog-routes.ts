import { createRoute, z } from '@hono/zod-openapi'
import type { App } from './app.js'
import { failures, json } from './route-parts.js'
import { type ModelInfo, modelSchema, type ToolInfo, toolSchema } from './schemas.js'

export interface Catalog {
  models: () => Promise<ModelInfo[]>
  tools: () => Promise<ToolInfo[]>
}

const tags = ['catalog']

const models = createRoute({
  method: 'get',
  path: '/v1/models',
  tags,
  summary: 'List the models that can be used',
  responses: { 200: json(z.object({ models: z.array(modelSchema) }), 'Models'), ...failures },
})

const tools = createRoute({
  method: 'get',
  path: '/v1/tools',
  tags,
  summary: 'List the tools of the connected servers',
  responses: { 200: json(z.object({ tools: z.array(toolSchema) }), 'Tools'), ...failures },
})

export function addCatalogRoutes(app: App, catalog: Catalog): void {
  app.openapi(models, async (c) => c.json({ models: await catalog.models() }, 200))
  app.openapi(tools, async (c) => c.json({ tools: await catalog.tools() }, 200))
}
