import { z } from 'zod'
import { eventVersion } from './durable.js'

const frame = {
  v: z.literal(eventVersion),
  sessionId: z.string().min(1),
  runId: z.string().min(1).optional(),
  stepId: z.string().min(1).optional(),
  time: z.iso.datetime(),
}

/**
 * `part` is the seq of the event that opened the part, and `offset` the UTF-16 length of its text before this piece.
 * Arguments stream before their `tool.called`: their part is the seq of the step's `step.started`, and `key` tells
 * the calls of one step apart.
 */
const piece = z.object({
  part: z.int().min(1),
  key: z.string().min(1).optional(),
  offset: z.int().min(0),
  text: z.string(),
})

export const deltaTypeSchema = z.enum(['text.delta', 'reasoning.delta', 'tool.arguments.delta', 'tool.progress'])

/** Not stored, never replayed. A late joiner gets one `part.snapshot` (offset 0) for each open part instead. */
export const deltaEventSchema = z.discriminatedUnion('type', [
  z.object({ ...frame, type: deltaTypeSchema, data: piece }),
  z.object({ ...frame, type: z.literal('part.snapshot'), data: piece.extend({ of: deltaTypeSchema }) }),
])

export type DeltaType = z.infer<typeof deltaTypeSchema>
export type DeltaEvent = z.infer<typeof deltaEventSchema>
