import { createRoute } from '@hono/zod-openapi'
import type { Sessions } from '../sessions/index.js'
import type { App } from './app.js'
import { failures, json } from './route-parts.js'
import { healthSchema } from './schemas.js'

const tags = ['health']

const alive = createRoute({
  operationId: 'isAlive',
  method: 'get',
  path: '/healthz',
  tags,
  security: [],
  summary: 'Tell whether the process answers',
  responses: { 200: json(healthSchema, 'It does'), ...failures },
})

const ready = createRoute({
  operationId: 'isReady',
  method: 'get',
  path: '/readyz',
  tags,
  security: [],
  summary: 'Tell whether sessions can be read and written',
  responses: { 200: json(healthSchema, 'They can'), ...failures },
})

/** Open to everyone who passes the origin gate: probes have no token, and these tell nothing else. */
export function addHealthRoutes(app: App, sessions: Sessions): void {
  app.openapi(alive, (c) => c.json({ ok: true as const }, 200))
  let checking: Promise<void> | undefined
  app.openapi(ready, async (c) => {
    // It writes to the disk, so however many ask, it is done once at a time.
    checking ??= sessions.check().finally(() => {
      checking = undefined
    })
    await checking
    return c.json({ ok: true as const }, 200)
  })
}
