import type { z } from '@hono/zod-openapi'
import { errorSchema } from './schemas.js'

/** A JSON body in a route's description. */
export function json<Schema extends z.ZodType>(schema: Schema, description: string) {
  return { content: { 'application/json': { schema } }, description }
}

/** Every route may answer with an error in the one shape that errors have. */
export const failures = { default: json(errorSchema, 'An error, with a stable code') }
