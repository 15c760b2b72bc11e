import { readFileSync } from 'node:fs'
import { homedir } from 'node:os'
import { join, resolve } from 'node:path'
import { Failure } from '@auroracoder/kit/jail'
import { z } from 'zod'

export type Environment = Readonly<Record<string, string | undefined>>

export const configFileName = 'auroracoder.config.json'

const toolServerNames = ['files', 'shell'] as const

/** What the configuration file may say; flags and environment may say the same and win over it. */
const settingsSchema = z.strictObject({
  host: z.string().min(1).optional(),
  port: z.int().min(0).max(65_535).optional(),
  dataDir: z.string().min(1).optional(),
  sandbox: z.enum(['auto', 'docker', 'local']).optional(),
  model: z.string().min(1).optional(),
  livingState: z.enum(['auto', 'append', 'refresh']).optional(),
  toolServers: z.array(z.enum(toolServerNames)).optional(),
})

export type Settings = z.infer<typeof settingsSchema>

export interface Config {
  host: string
  /** 0 lets the system choose. */
  port: number
  dataDir: string
  sandbox: 'auto' | 'docker' | 'local'
  /** The provider's default when absent. */
  model: string | undefined
  /** How the open files are kept true in the model's history: by cost, or always one of the two. */
  livingState: 'auto' | 'append' | 'refresh'
  /** Which of our tool servers each session gets; with none the model has no tools. */
  toolServers: readonly ('files' | 'shell')[]
}

export interface ConfigSources {
  flags: Settings
  env: Environment
  /** Where the configuration file is looked for and relative paths start. */
  cwd: string
}

const defaults = { host: '127.0.0.1', port: 8080, sandbox: 'auto', livingState: 'auto' } as const

/** Flags, then environment, then the configuration file, then defaults. Throws `Failure` for what cannot be meant. */
export function loadConfig({ flags, env, cwd }: ConfigSources): Config {
  const fromFile = readConfigFile(join(cwd, configFileName))
  const fromEnv = readEnvironment(env)
  const settings: Settings = { ...fromFile, ...fromEnv, ...check(defined(flags), 'the command line') }
  return {
    host: settings.host ?? defaults.host,
    port: settings.port ?? defaults.port,
    sandbox: settings.sandbox ?? defaults.sandbox,
    model: settings.model,
    livingState: settings.livingState ?? defaults.livingState,
    toolServers: [...new Set(settings.toolServers ?? toolServerNames)],
    dataDir: resolve(cwd, settings.dataDir ?? defaultDataDir(env)),
  }
}

function readConfigFile(path: string): Settings {
  const text = readIfPresent(path)
  if (text === undefined) return {}
  return check(parseJson(text, path), path)
}

function readEnvironment(env: Environment): Settings {
  const port = env.AURORACODER_PORT
  const settings = {
    host: env.AURORACODER_HOST || undefined,
    port: port ? Number(port) : undefined,
    dataDir: env.AURORACODER_DATA_DIR || undefined,
    sandbox: env.AURORACODER_SANDBOX || undefined,
    model: env.AURORACODER_MODEL || undefined,
    livingState: env.AURORACODER_LIVING_STATE || undefined,
    toolServers: namesIn(env.AURORACODER_TOOL_SERVERS),
  }
  return check(defined(settings), 'the environment (AURORACODER_…)')
}

/** `files,shell`, or `none`. */
function namesIn(list: string | undefined): string[] | undefined {
  const names = list?.split(',').map((name) => name.trim())
  return list === undefined || list === '' ? undefined : names?.filter((name) => name !== 'none')
}

function check(value: unknown, where: string): Settings {
  const parsed = settingsSchema.safeParse(value)
  if (parsed.success) return parsed.data
  const problems = parsed.error.issues.map((issue) => {
    const field = issue.path.join('.')
    return field === '' ? issue.message : `${field}: ${issue.message}`
  })
  const known = Object.keys(settingsSchema.shape).join(', ')
  throw new Failure(`Invalid configuration in ${where}. ${problems.join('; ')}. Known settings: ${known}.`)
}

function parseJson(text: string, path: string): unknown {
  try {
    return JSON.parse(text)
  } catch (cause) {
    const problem = cause instanceof Error ? cause.message : String(cause)
    throw new Failure(`${path} is not valid JSON: ${problem}.`, { cause })
  }
}

function readIfPresent(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8')
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return undefined
    throw new Failure(`${path} cannot be read: ${error instanceof Error ? error.message : String(error)}.`)
  }
}

/** The XDG data directory. */
function defaultDataDir(env: Environment): string {
  return join(env.XDG_DATA_HOME || join(env.HOME || homedir(), '.local', 'share'), 'auroracoder')
}

/** Drops what was not given, so that it does not hide a value of lower rank. */
function defined(settings: object): Record<string, unknown> {
  return Object.fromEntries(Object.entries(settings).filter(([, value]) => value !== undefined))
}
