import { createRoute } from '@hono/zod-openapi'
import type { App } from './app.js'
import { type ModelInfo, modelsAnswerSchema, type ToolInfo, toolsAnswerSchema } from './catalog-schemas.js'
import { failures, json } from './route-parts.js'

export interface Catalog {
  models: () => Promise<ModelInfo[]>
  tools: () => Promise<ToolInfo[]>
}

const tags = ['catalog']

const models = createRoute({
  operationId: 'listModels',
  method: 'get',
  path: '/v1/models',
  tags,
  summary: 'List the models that can be used',
  responses: { 200: json(modelsAnswerSchema, 'Models'), ...failures },
})

const tools = createRoute({
  operationId: 'listTools',
  method: 'get',
  path: '/v1/tools',
  tags,
  summary: 'List the tools of the connected servers',
  responses: { 200: json(toolsAnswerSchema, 'Tools'), ...failures },
})

export function addCatalogRoutes(app: App, catalog: Catalog): void {
  app.openapi(models, async (c) => c.json({ models: await catalog.models() }, 200))
  app.openapi(tools, async (c) => c.json({ tools: await catalog.tools() }, 200))
}
