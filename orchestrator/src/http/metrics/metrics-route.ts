import { createRoute, z } from '@hono/zod-openapi'
import type { App } from '../app.js'
import { failures } from '../route-parts.js'
import type { Metrics } from './metrics.js'

const metricsRoute = createRoute({
  method: 'get',
  path: '/metrics',
  tags: ['health'],
  summary: 'Show the numbers of this process to Prometheus',
  responses: {
    200: { content: { 'text/plain': { schema: z.string() } }, description: "Prometheus' text format" },
    ...failures,
  },
})

export function addMetricsRoute(app: App, metrics: Metrics): void {
  app.openapi(metricsRoute, async (c) => c.text(await metrics.text(), 200, { 'content-type': metrics.contentType }))
}
