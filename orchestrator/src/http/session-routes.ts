import { createRoute } from '@hono/zod-openapi'
import { z } from 'zod'
import type { PageMark, Sessions, SessionView } from '../sessions/index.js'
import type { App } from './app.js'
import type { Check } from './check.js'
import * as examples from './examples.js'
import { Refused } from './failure-replies.js'
import { failures, json } from './route-parts.js'
import {
  exportSchema,
  forkSchema,
  newSessionSchema,
  pageQuerySchema,
  revertSchema,
  sessionAnswerSchema,
  sessionPageSchema,
  sessionParamsSchema,
  sessionPatchSchema,
} from './schemas.js'

const tags = ['sessions']

const create = createRoute({
  operationId: 'createSession',
  method: 'post',
  path: '/v1/sessions',
  tags,
  summary: 'Open a session on a workspace',
  request: {
    body: {
      required: true,
      ...json(newSessionSchema, 'null as workspace makes a scratch folder', examples.newSession),
    },
  },
  responses: { 201: json(sessionAnswerSchema, 'The new session', { session: examples.session }), ...failures },
})

const list = createRoute({
  operationId: 'listSessions',
  method: 'get',
  path: '/v1/sessions',
  tags,
  summary: 'List sessions, newest first',
  request: { query: pageQuerySchema },
  responses: { 200: json(sessionPageSchema, 'A page; pass nextCursor as cursor for the next one'), ...failures },
})

const get = createRoute({
  operationId: 'getSession',
  method: 'get',
  path: '/v1/sessions/{id}',
  tags,
  summary: 'Show a session and how its newest run stands',
  request: { params: sessionParamsSchema },
  responses: { 200: json(sessionAnswerSchema, 'The session'), ...failures },
})

const patch = createRoute({
  operationId: 'changeSession',
  method: 'patch',
  path: '/v1/sessions/{id}',
  tags,
  summary: 'Rename a session, or change what its later runs use',
  request: {
    params: sessionParamsSchema,
    body: { required: true, ...json(sessionPatchSchema, 'What to change', { title: 'Leap years' }) },
  },
  responses: { 200: json(sessionAnswerSchema, 'The session'), ...failures },
})

const remove = createRoute({
  operationId: 'removeSession',
  method: 'delete',
  path: '/v1/sessions/{id}',
  tags,
  summary: 'Cancel what runs and remove the session, with its log and its scratch folder',
  request: { params: sessionParamsSchema },
  responses: { 204: { description: 'Removed' }, ...failures },
})

const revert = createRoute({
  operationId: 'revertSession',
  method: 'post',
  path: '/v1/sessions/{id}/revert',
  tags,
  summary: 'Take back what came after a seq between two turns, in the conversation and in the workspace',
  request: {
    params: sessionParamsSchema,
    body: { required: true, ...json(revertSchema, 'The last seq that stays', { seq: 42 }) },
  },
  responses: { 200: json(sessionAnswerSchema, 'The session; session.restored tells of the files'), ...failures },
})

const fork = createRoute({
  operationId: 'forkSession',
  method: 'post',
  path: '/v1/sessions/{id}/fork',
  tags,
  summary: 'Open a session with the conversation up to a seq between two turns',
  request: {
    params: sessionParamsSchema,
    body: { required: true, ...json(forkSchema, 'The last seq it shares', { seq: 42 }) },
  },
  responses: { 201: json(sessionAnswerSchema, 'The new session'), ...failures },
})

const exported = createRoute({
  operationId: 'exportSession',
  method: 'get',
  path: '/v1/sessions/{id}/export',
  tags,
  summary: 'Download the whole log, an event as JSON a line',
  request: { params: sessionParamsSchema },
  responses: { 200: { content: { 'text/jsonl': { schema: exportSchema } }, description: 'The log' }, ...failures },
})

export function addSessionRoutes(app: App, { sessions, check }: { sessions: Sessions; check?: Check }): void {
  app.openapi(create, async (c) => {
    const { model } = c.req.valid('json')
    if (model !== undefined) check?.model(model)
    return c.json({ session: shown(await sessions.create(c.req.valid('json'))) }, 201)
  })
  app.openapi(get, async (c) => c.json({ session: shown(await sessions.get(c.req.valid('param').id)) }, 200))
  app.openapi(patch, async (c) => {
    const changes = c.req.valid('json')
    if (changes.model !== undefined) check?.model(changes.model)
    return c.json({ session: shown(await sessions.change(c.req.valid('param').id, changes)) }, 200)
  })
  app.openapi(revert, async (c) => {
    const { seq } = c.req.valid('json')
    return c.json({ session: shown(await sessions.revert(c.req.valid('param').id, seq)) }, 200)
  })
  app.openapi(fork, async (c) =>
    c.json({ session: shown(await sessions.fork(c.req.valid('param').id, c.req.valid('json'))) }, 201),
  )
  app.openapi(exported, async (c) => {
    const { id } = c.req.valid('param')
    const events = await sessions.history(id)
    const lines = events.map((event) => `${JSON.stringify(event)}\n`)
    const headers = {
      'Content-Type': 'text/jsonl; charset=utf-8',
      'Content-Disposition': `attachment; filename="${id}.jsonl"`,
    }
    return c.body(lines.join(''), 200, headers)
  })
  app.openapi(remove, async (c) => {
    await sessions.remove(c.req.valid('param').id)
    return c.body(null, 204)
  })
  app.openapi(list, async (c) => {
    const { limit, cursor, search } = c.req.valid('query')
    const before = cursor === undefined ? {} : { before: readCursor(cursor) }
    const page = await sessions.list({ limit: limit + 1, ...before, ...(search === undefined ? {} : { search }) })
    const rows = page.slice(0, limit)
    const last = rows.at(-1)
    const nextCursor = page.length > limit && last !== undefined ? writeCursor(last) : null
    return c.json({ sessions: rows.map(shown), nextCursor }, 200)
  })
}

function shown(session: SessionView) {
  const { input, cacheHit } = session.usage
  return { ...session, usage: { ...session.usage, cacheHitRatio: input === 0 ? null : cacheHit / input } }
}

function writeCursor({ createdAt, id }: PageMark): string {
  return Buffer.from(`${createdAt} ${id}`).toString('base64url')
}

function readCursor(cursor: string): PageMark {
  const [createdAt = '', id = ''] = Buffer.from(cursor, 'base64url').toString().split(' ')
  if (z.iso.datetime().safeParse(createdAt).success && id !== '') return { createdAt, id }
  const message = 'Expected the nextCursor of an earlier page as cursor; leave it out to begin with the newest session.'
  throw new Refused({ status: 400, code: 'bad_cursor', message, details: { cursor } })
}
