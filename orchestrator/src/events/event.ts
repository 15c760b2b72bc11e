import { z } from 'zod'
import { storedEventSchema } from './durable.js'
import { deltaEventSchema } from './ephemeral.js'

/** Whatever a follower of a session receives: durable events, and the pieces of what is being made. */
export const eventSchema = z
  .discriminatedUnion('type', [...storedEventSchema.options, ...deltaEventSchema.options])
  .meta({ id: 'Event' })

export type SessionEvent = z.infer<typeof eventSchema>
