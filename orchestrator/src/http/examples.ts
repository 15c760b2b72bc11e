import type { z } from 'zod'
import type { approvalReplySchema, newRunSchema, newSessionSchema, runSchema, sessionSchema } from './schemas.js'

/** One session from its opening to an answer, for the descriptions of the routes. */
export const newSession: z.input<typeof newSessionSchema> = {
  workspace: '/home/me/my-project',
  title: 'Leap years',
  approvals: { rules: [{ tool: 'run_terminal_command', arguments: { command: '^npm test' }, action: 'allow' }] },
}

export const session: z.input<typeof sessionSchema> = {
  id: 'ses_7Yq2',
  workspace: '/home/me/my-project',
  scratch: false,
  title: 'Leap years',
  sandbox: 'auto',
  createdAt: '2026-11-27T08:00:00.000Z',
  updatedAt: '2026-11-27T08:00:00.000Z',
  queued: [],
  usage: { input: 0, output: 0, reasoning: 0, cacheHit: 0, cacheMiss: 0, cacheHitRatio: null },
  cost: 0,
}

export const newRun: z.input<typeof newRunSchema> = {
  input: 'The date parser fails for leap years. Fix it.',
  limits: { iterations: 50, costUsd: 1 },
}

export const run: z.input<typeof runSchema> = { id: 'run_k3Xw', sessionId: session.id, status: 'running' }

export const approvalReply: z.input<typeof approvalReplySchema> = { answer: 'accept' }
