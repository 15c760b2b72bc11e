import { createRoute } from '@hono/zod-openapi'
import type { Sessions } from '../sessions/index.js'
import type { App } from './app.js'
import * as examples from './examples.js'
import { failures, json } from './route-parts.js'
import { approvalParamsSchema, approvalReplySchema, approvalsAnswerSchema, sessionParamsSchema } from './schemas.js'

const tags = ['approvals']

const list = createRoute({
  operationId: 'listApprovals',
  method: 'get',
  path: '/v1/sessions/{id}/approvals',
  tags,
  summary: 'List the questions that wait for a person',
  request: { params: sessionParamsSchema },
  responses: { 200: json(approvalsAnswerSchema, 'Oldest first'), ...failures },
})

const answer = createRoute({
  operationId: 'answerApproval',
  method: 'post',
  path: '/v1/sessions/{id}/approvals/{approvalId}',
  tags,
  summary: 'Answer a question; the same answer again is no error',
  request: {
    params: approvalParamsSchema,
    body: {
      required: true,
      ...json(approvalReplySchema, 'The answer; content for elicitations that are accepted', examples.approvalReply),
    },
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
