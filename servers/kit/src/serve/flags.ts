import { homedir } from 'node:os'
import { delimiter, join } from 'node:path'
import { type ParseArgsConfig, parseArgs } from 'node:util'
import { Failure } from '../failure.js'
import { outputCharsMin } from '../reply/size.js'
import type { OwnFlag, ServerDefinition, ServerOptions } from './definition.js'

export interface HttpAddress {
  host: string
  port: number
}

export const logLevels = ['silent', 'error', 'warn', 'info', 'debug'] as const
export type LogLevel = (typeof logLevels)[number]

/** Everything that flags, environment and defaults decide about one run of a server. */
export interface Settings extends Omit<ServerOptions, 'log'> {
  readonly tools: readonly string[] | undefined
  readonly excludeTools: readonly string[]
  readonly readOnly: boolean
  readonly outputCharsMax: number | undefined
  readonly http: HttpAddress | undefined
  readonly token: string | undefined
  readonly logLevel: LogLevel
  readonly show: 'version' | 'help' | undefined
}

const commonFlags = {
  root: {
    type: 'string',
    multiple: true,
    description: 'directory the tools may touch; may be repeated (default: the working directory)',
  },
  state: { type: 'string', description: 'directory for files that outlive the process' },
  tools: { type: 'string', description: 'comma-separated names of the only tools to offer' },
  'exclude-tools': { type: 'string', description: 'comma-separated names of tools not to offer' },
  'read-only': { type: 'boolean', description: 'offer only tools that change nothing' },
  'max-output': { type: 'string', description: 'largest text answer in characters (default: by host)' },
  http: { type: 'string', description: 'serve Streamable HTTP on PORT of 127.0.0.1, or on HOST:PORT' },
  token: { type: 'string', description: 'bearer token for HTTP; better given by the environment variable' },
  'log-level': { type: 'string', description: `one of ${logLevels.join(', ')} (default: warn)` },
  version: { type: 'boolean', description: 'print the version and exit' },
  help: { type: 'boolean', description: 'print this text and exit' },
} as const

type Environment = Readonly<Record<string, string | undefined>>

/** Flags win over the environment. Throws `Failure` on anything unknown or out of range. */
export function readSettings(definition: ServerDefinition, argv: readonly string[], env: Environment): Settings {
  const given = parse(definition, argv)
  const prefix = `AURORACODER_${definition.name.toUpperCase()}_`
  const value = (flag: string): string | undefined => {
    const fromFlag = given[flag]
    return typeof fromFlag === 'string' ? fromFlag : env[prefix + twin(flag)] || undefined
  }
  const isOn = (flag: string): boolean => given[flag] === true || isTruthy(env[prefix + twin(flag)])
  const roots = Array.isArray(given.root) ? given.root.filter((root) => typeof root === 'string') : []
  const own = Object.entries(definition.flags ?? {})
  return {
    roots: roots.length > 0 ? roots : (value('root')?.split(delimiter).filter(Boolean) ?? [process.cwd()]),
    stateDir: value('state') ?? join(dataDir(env), 'state', definition.name),
    tools: optional(value('tools'), names),
    excludeTools: optional(value('exclude-tools'), names) ?? [],
    readOnly: isOn('read-only'),
    outputCharsMax: optional(value('max-output'), outputChars),
    http: optional(value('http'), httpAddress),
    token: value('token'),
    logLevel: logLevel(value('log-level') ?? 'warn'),
    show: given.version === true ? 'version' : given.help === true ? 'help' : undefined,
    flags: Object.fromEntries(own.map(([name, flag]) => [name, flag.type === 'boolean' ? isOn(name) : value(name)])),
  }
}

export function helpText(definition: ServerDefinition): string {
  const flags: [string, { type: string; description: string }][] = Object.entries({
    ...commonFlags,
    ...definition.flags,
  })
  const rows = flags.map(([name, flag]) => {
    const left = `  --${name}${flag.type === 'string' ? ' VALUE' : ''}`
    return `${left.padEnd(24)} ${flag.description}`
  })
  return [
    `auroracoder-${definition.name} ${definition.version}: ${definition.title}`,
    'An MCP server on stdin and stdout; started by an MCP host.',
    '',
    ...rows,
    '',
    `Each flag has an environment twin: --root is AURORACODER_${definition.name.toUpperCase()}_ROOT.`,
    '',
  ].join('\n')
}

/** `AURORACODER_DATA_DIR`, else the XDG data directory. */
function dataDir(env: Environment): string {
  if (env.AURORACODER_DATA_DIR) return env.AURORACODER_DATA_DIR
  return join(env.XDG_DATA_HOME || join(env.HOME || home(), '.local', 'share'), 'auroracoder')
}

/** Without HOME the system is asked, which throws for a user that it does not know, as in some containers. */
function home(): string {
  try {
    return homedir()
  } catch (cause) {
    throw new Failure('There is no home directory to keep state in. Give --state DIR, or set HOME.', { cause })
  }
}

function parse(definition: ServerDefinition, argv: readonly string[]): Record<string, unknown> {
  const own: Readonly<Record<string, OwnFlag>> = definition.flags ?? {}
  const options: ParseArgsConfig['options'] = {}
  for (const [name, flag] of Object.entries({ ...commonFlags, ...own })) {
    options[name] = { type: flag.type, ...('multiple' in flag ? { multiple: true } : {}) }
  }
  try {
    const { values } = parseArgs({ args: [...argv], options, allowPositionals: false })
    for (const [name, given] of Object.entries(values)) checkNotEmpty(name, given)
    return values
  } catch (cause) {
    if (cause instanceof Failure) throw cause
    const problem = cause instanceof Error ? cause.message : String(cause)
    const known = Object.keys(options).map((name) => `--${name}`)
    throw new Failure(`${problem} Known flags: ${known.join(' ')}.`, { cause })
  }
}

/** `--token "$TOKEN"` with the variable unset must not pass for "no token needed", nor `--root ""` for the default. */
function checkNotEmpty(name: string, given: unknown): void {
  const isEmpty = given === '' || (Array.isArray(given) && given.includes(''))
  if (isEmpty) throw new Failure(`--${name} expects a value, found an empty one. Give one or leave the flag out.`)
}

function twin(flag: string): string {
  return flag.toUpperCase().replaceAll('-', '_')
}

function isTruthy(value: string | undefined): boolean {
  return value !== undefined && !['', '0', 'false', 'no'].includes(value.toLowerCase())
}

function optional<T>(value: string | undefined, read: (text: string) => T): T | undefined {
  return value === undefined ? undefined : read(value)
}

function names(text: string): string[] {
  return text.split(',').map((name) => name.trim())
}

function outputChars(text: string): number {
  const chars = Number(text)
  if (Number.isInteger(chars) && chars >= outputCharsMin) return chars
  throw new Failure(`--max-output expects a whole number of at least ${outputCharsMin} characters, found "${text}".`)
}

function logLevel(text: string): LogLevel {
  const level = logLevels.find((known) => known === text)
  if (level) return level
  throw new Failure(`--log-level expects one of ${logLevels.join(', ')}, found "${text}".`)
}

function httpAddress(text: string): HttpAddress {
  const [, host, digits] = /^(?:(.+):)?(\d{1,5})$/.exec(text) ?? []
  const port = Number(digits)
  if (digits !== undefined && port <= 65_535) return { host: host?.replace(/^\[(.*)\]$/, '$1') ?? '127.0.0.1', port }
  throw new Failure(`--http expects PORT or HOST:PORT with a port from 0 to 65535, found "${text}".`)
}
