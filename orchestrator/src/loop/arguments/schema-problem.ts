import { z } from 'zod'

const problemsMax = 5

/** What keeps arguments from fitting a tool's JSON Schema; undefined when they fit, or when nobody can say. */
export function schemaProblem(inputSchema: Record<string, unknown>, args: Record<string, unknown>): string | undefined {
  const schema = compile(inputSchema)
  const result = schema?.safeParse(args)
  if (!result || result.success) return undefined
  return result.error.issues
    .slice(0, problemsMax)
    .map(({ path, message }) => `${path.length > 0 ? `"${path.join('.')}"` : 'The arguments'}: ${message}.`)
    .join(' ')
}

/** A schema with keywords beyond ours is left to the server that wrote it. */
function compile(inputSchema: Record<string, unknown>): z.ZodType | undefined {
  try {
    return z.fromJSONSchema(inputSchema)
  } catch {
    return undefined
  }
}
