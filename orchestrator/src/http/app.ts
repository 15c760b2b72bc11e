import type { HttpBindings } from '@hono/node-server'
import { OpenAPIHono, type z } from '@hono/zod-openapi'
import type { Logger } from 'pino'
import type { Providers } from '../providers/index.js'
import type { Sessions, WorkspaceFiles } from '../sessions/index.js'
import { addApprovalRoutes } from './approval-routes.js'
import type { Auth } from './auth.js'
import { limitBody } from './body-limit.js'
import { addCatalogRoutes, type Catalog } from './catalog-routes.js'
import type { Check } from './check.js'
import { addEventRoutes, type ToMessages } from './event-routes.js'
import { answerError, refuse } from './failure-replies.js'
import { addHealthRoutes } from './health-routes.js'
import type { Metrics } from './metrics/metrics.js'
import { addMetricsRoute } from './metrics/metrics-route.js'
import { type Allowed, originGate } from './origin-gate.js'
import { addProviderRoutes } from './provider-routes.js'
import { addRunRoutes } from './run-routes.js'
import { addSessionRoutes } from './session-routes.js'
import { addSettingsRoutes, type SettingsDesk } from './settings-routes.js'
import type { Streamer } from './sse.js'
import { addWorkspaceRoutes } from './workspace-routes.js'

export type App = OpenAPIHono<{ Bindings: HttpBindings }>

export interface AppOptions {
  sessions: Sessions
  auth: Auth
  streamer: Streamer
  allowed: () => Allowed
  toMessages: ToMessages
  catalog: Catalog
  check?: Check
  providers?: Pick<Providers, 'list' | 'put' | 'remove' | 'test'>
  settings?: SettingsDesk
  files: WorkspaceFiles
  version: string
  log: Logger
  /** Without it there is no /metrics. */
  metrics?: Metrics | undefined
}

/** The routes and what stands before them, outermost first. */
export function createApp(options: AppOptions): App {
  const { sessions, auth, streamer, allowed, toMessages, catalog, files, version, log, metrics } = options
  const check = options.check === undefined ? {} : { check: options.check }
  const app: App = new OpenAPIHono({
    defaultHook: (result, c) => {
      if (!result.success) return refuse(c, invalidRequest(result.target, result.error))
    },
  })
  app.onError(answerError(log))
  app.notFound((c) => {
    const message = `There is no ${c.req.method} ${c.req.path}; /openapi.json lists what there is.`
    return refuse(c, { status: 404, code: 'unknown_route', message })
  })

  app.use(originGate(allowed))
  addHealthRoutes(app, sessions)
  app.get('/login', (c) => {
    auth.login(c, c.req.query('code') ?? '')
    return c.redirect('/', 303)
  })
  app.use(auth.guard)
  app.use(limitBody)

  app.get('/', (c) => c.json({ name: 'AuroraCoder', version, links }))
  addSessionRoutes(app, { sessions, ...check })
  addRunRoutes(app, { sessions, streamer, ...check })
  addApprovalRoutes(app, sessions)
  addEventRoutes(app, { sessions, streamer, toMessages })
  addCatalogRoutes(app, catalog)
  if (options.providers) addProviderRoutes(app, options.providers)
  if (options.settings) addSettingsRoutes(app, { settings: options.settings, ...check })
  if (metrics) addMetricsRoute(app, metrics)
  addWorkspaceRoutes(app, files)
  app.openAPIRegistry.registerComponent('securitySchemes', 'token', { type: 'http', scheme: 'bearer' })
  app.doc31('/openapi.json', {
    openapi: '3.1.0',
    info: {
      title: 'AuroraCoder',
      version,
      description: 'Sessions of a coding agent, followed event by event.',
      license: { name: 'MIT' },
    },
    security: [{ token: [] }],
  })
  return app
}

const links = {
  sessions: '/v1/sessions',
  models: '/v1/models',
  providers: '/v1/providers',
  settings: '/v1/settings',
  tools: '/v1/tools',
  openapi: '/openapi.json',
}

function invalidRequest(target: string, error: z.core.$ZodError) {
  const issues = error.issues.map(({ path, message }) => ({ path: path.map(String).join('.'), message }))
  const first = issues[0] ?? { path: '', message: 'invalid' }
  const where = [target === 'json' ? 'body' : target, first.path].filter((part) => part !== '').join('.')
  const message = `${where}: ${first.message}. /openapi.json describes the request.`
  return { status: 400 as const, code: 'invalid_request', message, details: { issues } }
}
