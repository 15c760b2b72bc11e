import { z } from 'zod'

/** Keys of `_meta` that our servers and orchestrator exchange; every other host ignores them. */
export const metaKeys = {
  conversation: 'auroracoder/conversation',
  call: 'auroracoder/call',
  applied: 'auroracoder/applied',
  result: 'auroracoder/result',
  effects: 'auroracoder/effects',
} as const

/** `key` is `"<run>/<step>/<call>"`, `step` is `"<run>/<step>"`. */
export const callIdentitySchema = z.object({ key: z.string().min(1), step: z.string().min(1) })

/** The call in its canonical form, as it really ran. */
export const appliedSchema = z.object({ arguments: z.record(z.string(), z.unknown()) })

export const effectsSchema = z.object({ arg: z.string(), read: z.array(z.string()) })

/**
 * Request `{key}`, answered `{}` once the call with that key is over, or after `callSettleMsMax`. MCP leaves open when
 * a cancelled call has really stopped; whoever reports a cancellation must know.
 */
export const callSettledMethod = 'auroracoder/call/settled'
export const callSettledParamsSchema = z.object({ key: z.string().min(1) })
export const callSettledResultSchema = z.object({})
export const callSettleMsMax = 1_200

export type CallIdentity = z.infer<typeof callIdentitySchema>
export type Applied = z.infer<typeof appliedSchema>
