import { RESPONSE_ALREADY_SENT } from '@hono/node-server/utils/response'
import { createRoute } from '@hono/zod-openapi'
import { eventSchema, type StoredEvent } from '../events/index.js'
import type { Sessions } from '../sessions/index.js'
import type { App } from './app.js'
import { Refused } from './failure-replies.js'
import { failures, json } from './route-parts.js'
import { eventsHeadersSchema, eventsQuerySchema, messagesAnswerSchema, sessionParamsSchema } from './schemas.js'
import type { Streamer } from './sse.js'

/** A stream of events; the `id` of a frame is the seq, its `event` the type, its `data` this. */
export function eventStream(description: string) {
  return { content: { 'text/event-stream': { schema: eventSchema } }, description }
}

const tags = ['events']

const follow = createRoute({
  operationId: 'followEvents',
  method: 'get',
  path: '/v1/sessions/{id}/events',
  tags,
  summary: 'Replay the log after a seq, then follow what happens',
  request: {
    params: sessionParamsSchema,
    query: eventsQuerySchema,
    headers: eventsHeadersSchema,
  },
  responses: { 200: eventStream('Server-sent events; Last-Event-ID wins over ?after='), ...failures },
})

const messages = createRoute({
  operationId: 'listMessages',
  method: 'get',
  path: '/v1/sessions/{id}/messages',
  tags,
  summary: 'Show the conversation as the model reads it',
  request: { params: sessionParamsSchema },
  responses: { 200: json(messagesAnswerSchema, 'Messages, oldest first'), ...failures },
})

export type ToMessages = (events: readonly StoredEvent[]) => readonly Record<string, unknown>[]

export interface EventRoutesOptions {
  sessions: Sessions
  streamer: Streamer
  toMessages: ToMessages
}

export function addEventRoutes(app: App, { sessions, streamer, toMessages }: EventRoutesOptions): void {
  app.openapi(follow, async (c) => {
    const { id } = c.req.valid('param')
    const after = readSeq(c.req.valid('header')['last-event-id'] ?? c.req.valid('query').after ?? '0')
    if (c.req.method === 'HEAD') {
      await sessions.get(id)
      return c.body(null, 200)
    }
    await streamer.stream({
      outgoing: c.env.outgoing,
      open: (signal) => sessions.follow(id, { after, signal }),
    })
    return RESPONSE_ALREADY_SENT
  })
  app.openapi(messages, async (c) => {
    const events = await sessions.history(c.req.valid('param').id)
    return c.json({ messages: [...toMessages(events)] }, 200)
  })
}

function readSeq(text: string): number {
  if (/^\d{1,15}$/.test(text)) return Number(text)
  const message = `Expected the seq of an event (a whole number, 0 for everything) to go on after, found ${JSON.stringify(text)}.`
  throw new Refused({ status: 400, code: 'bad_cursor', message, details: { after: text } })
}
