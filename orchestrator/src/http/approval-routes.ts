import { createRoute, z } from '@hono/zod-openapi'
import type { Sessions } from '../sessions/index.js'
import type { App } from './app.js'
import { failures, json } from './route-parts.js'
import { approvalReplySchema, approvalSchema, sessionParamsSchema } from './schemas.js'

const tags = ['approvals']

const list = createRoute({
  method: 'get',
  path: '/v1/sessions/{id}/approvals',
  tags,
  summary: 'List the questions that wait for a person',
  request: { params: sessionParamsSchema },
  responses: { 200: json(z.object({ approvals: z.array(approvalSchema) }), 'Oldest first'), ...failures },
})

const answer = createRoute({
  method: 'post',
  path: '/v1/sessions/{id}/approvals/{approvalId}',
  tags,
  summary: 'Answer a question; the same answer again is no error',
  request: {
    params: sessionParamsSchema.extend({ approvalId: z.string().min(1) }),
    body: { required: true, ...json(approvalReplySchema, 'The answer; content for elicitations that are accepted') },
  },
  responses: { 204: { description: 'Answered' }, ...failures },
})

export function addApprovalRoutes(app: App, sessions: Sessions): void {
  app.openapi(list, async (c) => c.json({ approvals: await sessions.approvals(c.req.valid('param').id) }, 200))
  app.openapi(answer, async (c) => {
    const { id, approvalId } = c.req.valid('param')
    await sessions.answerApproval(id, approvalId, c.req.valid('json'))
    return c.body(null, 204)
  })
}
