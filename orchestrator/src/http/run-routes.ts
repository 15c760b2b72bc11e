import type { HttpBindings } from '@hono/node-server'
import { RESPONSE_ALREADY_SENT } from '@hono/node-server/utils/response'
import { createRoute } from '@hono/zod-openapi'
import type { Context } from 'hono'
import { endsRun } from '../events/index.js'
import type { Sessions, StartedRun } from '../sessions/index.js'
import type { App } from './app.js'
import type { Check } from './check.js'
import { eventStream } from './event-routes.js'
import * as examples from './examples.js'
import { failures, json } from './route-parts.js'
import {
  cancelledSchema,
  cancelSchema,
  continueSchema,
  idempotencyHeadersSchema,
  newRunSchema,
  runAnswerSchema,
  sessionParamsSchema,
} from './schemas.js'
import type { Streamer } from './sse.js'

const tags = ['runs']
const started = {
  200: eventStream('With Accept: text/event-stream: the events of the run until its end'),
  202: json(runAnswerSchema, 'The run has begun', { run: examples.run }),
  ...failures,
}

const start = createRoute({
  operationId: 'startRun',
  method: 'post',
  path: '/v1/sessions/{id}/runs',
  tags,
  summary: 'Give the session an input to work on',
  request: {
    params: sessionParamsSchema,
    headers: idempotencyHeadersSchema,
    body: { required: true, ...json(newRunSchema, 'The input, and what to use for it', examples.newRun) },
  },
  responses: started,
})

const goOn = createRoute({
  operationId: 'continueRun',
  method: 'post',
  path: '/v1/sessions/{id}/continue',
  tags,
  summary: 'Go on after a limit, a failure, a cancellation or an interruption, without a new input',
  request: {
    params: sessionParamsSchema,
    headers: idempotencyHeadersSchema,
    body: json(continueSchema, 'Limits of the new run', { limits: { iterations: 30 } }),
  },
  responses: started,
})

const cancel = createRoute({
  operationId: 'cancelRun',
  method: 'post',
  path: '/v1/sessions/{id}/cancel',
  tags,
  summary: 'Stop the run; answered when it has ended',
  request: { params: sessionParamsSchema, body: json(cancelSchema, 'Why', { reason: 'not needed any more' }) },
  responses: { 200: json(cancelledSchema, 'How the run ended, and which calls did not stop in time'), ...failures },
})

interface RunRoutes {
  sessions: Sessions
  streamer: Streamer
  check?: Check
}

export function addRunRoutes(app: App, { sessions, streamer, check }: RunRoutes): void {
  const answer = async (c: Context<{ Bindings: HttpBindings }>, { run, after }: StartedRun) => {
    if (!c.req.header('accept')?.includes('text/event-stream')) return c.json({ run }, 202)
    await streamer.stream({
      outgoing: c.env.outgoing,
      open: (signal) => sessions.follow(run.sessionId, { after, signal }),
      until: (event) => event.runId === run.id && endsRun(event),
    })
    return RESPONSE_ALREADY_SENT
  }

  app.openapi(start, async (c) => {
    const { input, ...plan } = c.req.valid('json')
    if (plan.model !== undefined) check?.model(plan.model)
    const content = typeof input === 'string' ? [{ type: 'text' as const, text: input }] : input
    const key = c.req.valid('header')['idempotency-key']
    return answer(c, await sessions.startRun(c.req.valid('param').id, { input: content, ...plan }, key))
  })
  app.openapi(goOn, async (c) => {
    const key = c.req.valid('header')['idempotency-key']
    return answer(c, await sessions.continueRun(c.req.valid('param').id, c.req.valid('json'), key))
  })
  app.openapi(cancel, async (c) => {
    const { run, hanging } = await sessions.cancelRun(c.req.valid('param').id, c.req.valid('json').reason)
    return c.json({ run, hanging: [...hanging] }, 200)
  })
}
