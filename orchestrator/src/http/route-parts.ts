import type { z } from 'zod'
import { errorSchema } from './schemas.js'

/** A JSON body in a route's description. The example is one that the schema takes. */
export function json<Schema extends z.ZodType>(schema: Schema, description: string, example?: z.input<Schema>) {
  const media = example === undefined ? { schema } : { schema, example }
  return { content: { 'application/json': media }, description }
}

/** Every route may answer with an error in the one shape that errors have. */
export const failures = {
  default: json(errorSchema, 'An error, with a stable code', {
    error: { code: 'unknown_session', message: 'There is no session ses_1.', details: {} },
  }),
}
