import { resolve } from 'node:path'
import { Failure } from '@auroracoder/kit/jail'
import { z } from 'zod'
import { expandVariables } from './expand-variables.js'

export const mcpServersMax = 32
const keySchema = z.string().min(1).max(64)

const programSchema = z.strictObject({
  type: z.literal('stdio').optional(),
  command: z.string().min(1),
  args: z.array(z.string()).optional(),
  env: z.record(z.string(), z.string()).optional(),
  cwd: z.string().min(1).optional(),
  disabled: z.boolean().optional(),
})

const httpSchema = z.strictObject({
  type: z.enum(['http', 'streamable-http']).optional(),
  url: z.url({ protocol: /^https?$/ }),
  headers: z.record(z.string(), z.string()).optional(),
  oauth: z
    .strictObject({
      clientId: z.string().min(1),
      clientSecret: z.string().min(1),
      scope: z.string().optional(),
      issuer: z.url().optional(),
    })
    .optional(),
  disabled: z.boolean().optional(),
})

/** As Claude Desktop writes it. */
export const mcpServersSchema = z.record(keySchema, z.record(z.string(), z.unknown()))

export type McpServer =
  | { command: string; args: string[]; env: Record<string, string>; cwd?: string }
  | {
      url: string
      headers: Record<string, string>
      oauth?: { clientId: string; clientSecret: string; scope?: string; issuer?: string }
    }

export interface McpServersSources {
  env: Readonly<Record<string, string | undefined>>
  /** Where the configuration file is. */
  cwd: string
}

/** Checks each server and puts the variables in. Throws `Failure` with the server's key and the field. */
export function readMcpServers(
  given: z.infer<typeof mcpServersSchema>,
  sources: McpServersSources,
): Record<string, McpServer> {
  const entries = Object.entries(given)
  if (entries.length > mcpServersMax) {
    throw new Failure(`mcpServers holds ${entries.length} servers, more than ${mcpServersMax}. Take some out.`)
  }
  return Object.fromEntries(
    entries.flatMap(([key, value]) => {
      const server = readServer(key, value, sources)
      return server ? [[key, server]] : []
    }),
  )
}

function readServer(
  key: string,
  given: Record<string, unknown>,
  { env, cwd }: McpServersSources,
): McpServer | undefined {
  if (given.type === 'sse') {
    throw new Failure(
      `mcpServers.${key}: the old transport "sse" is not spoken. Use the server's Streamable HTTP URL with "type": "http".`,
    )
  }
  const isHttp = 'url' in given && !('command' in given)
  const put = (text: string, field: string): string => expandVariables(text, env, `mcpServers.${key}.${field}`)
  if (isHttp) {
    const { url, headers = {}, oauth, disabled } = check(httpSchema, key, given)
    if (disabled) return undefined
    return {
      url,
      headers: mapValues(headers, (value, name) => put(value, `headers.${name}`)),
      ...(oauth ? { oauth: putOauth(oauth, put) } : {}),
    }
  }
  const program = check(programSchema, key, given)
  if (program.disabled) return undefined
  return {
    command: program.command,
    args: (program.args ?? []).map((value, at) => put(value, `args[${at}]`)),
    env: mapValues(program.env ?? {}, (value, name) => put(value, `env.${name}`)),
    ...(program.cwd === undefined ? {} : { cwd: resolve(cwd, program.cwd) }),
  }
}

type Put = (text: string, field: string) => string

function putOauth(
  { clientId, clientSecret, scope, issuer }: NonNullable<z.infer<typeof httpSchema>['oauth']>,
  put: Put,
) {
  return {
    clientId: put(clientId, 'oauth.clientId'),
    clientSecret: put(clientSecret, 'oauth.clientSecret'),
    ...(scope === undefined ? {} : { scope }),
    ...(issuer === undefined ? {} : { issuer }),
  }
}

function check<Schema extends z.ZodType>(schema: Schema, key: string, value: unknown): z.output<Schema> {
  const parsed = schema.safeParse(value)
  if (parsed.success) return parsed.data
  const problems = parsed.error.issues.map(({ path, message }) =>
    path.length === 0 ? message : `${path.join('.')}: ${message}`,
  )
  throw new Failure(
    `mcpServers.${key}: ${problems.join('; ')}. Expected {"command", "args", "env", "cwd"} for a program or {"type": "http", "url", "headers", "oauth"} for a URL.`,
  )
}

function mapValues(record: Record<string, string>, map: (value: string, name: string) => string) {
  return Object.fromEntries(Object.entries(record).map(([name, value]) => [name, map(value, name)]))
}
