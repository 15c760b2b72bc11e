import { readFileSync } from 'node:fs'
import { homedir } from 'node:os'
import { join, resolve } from 'node:path'
import { errorCode, Failure } from '@auroracoder/kit/jail'
import { z } from 'zod'
import { type ApprovalPolicy, approvalPolicySchema, limitsSchema } from '../events/index.js'
import { type ContainerWishes, containerIn, containerSchema } from './container.js'
import { defined, type Environment, namesIn } from './environment.js'
import { type McpServer, mcpServersSchema, readMcpServers } from './mcp-servers.js'

export const configFileName = 'auroracoder.config.json'

const toolServerNames = ['files', 'shell'] as const

/** What the configuration file may say; flags and environment may say the same and win over it. */
const settingsSchema = z.strictObject({
  host: z.string().min(1).optional(),
  port: z.int().min(0).max(65_535).optional(),
  dataDir: z.string().min(1).optional(),
  sandbox: z.enum(['auto', 'docker', 'local']).optional(),
  container: containerSchema.optional(),
  model: z.string().min(1).optional(),
  livingState: z.enum(['auto', 'append', 'refresh']).optional(),
  secondaryModel: z.string().min(1).optional(),
  thinking: z.boolean().optional(),
  limits: limitsSchema.strict().optional(),
  /** One word stands for a policy without rules. */
  approvals: z.union([approvalPolicySchema.shape.default.unwrap(), approvalPolicySchema]).optional(),
  /** Read by the providers, which own the format. */
  providers: z.array(z.unknown()).optional(),
  mcpServers: mcpServersSchema.optional(),
  toolServers: z.array(z.enum(toolServerNames)).optional(),
  instance: z.string().min(1).optional(),
  trace: z.boolean().optional(),
})

export type Settings = z.infer<typeof settingsSchema>

export interface Config {
  host: string
  /** 0 lets the system choose. */
  port: number
  dataDir: string
  sandbox: 'auto' | 'docker' | 'local'
  /** What a container is made of and what it may take and reach, where that is said. */
  container: ContainerWishes
  /** The provider's default when absent. */
  model: string | undefined
  /** How the open files are kept true in the model's history: by cost, or always one of the two. */
  livingState: 'auto' | 'append' | 'refresh'
  /** For sessions that have no policy of their own. */
  approvals: ApprovalPolicy
  /** What flags, environment and file say of the settings that can also be kept: these win. */
  fixed: FixedSettings
  configured: { where: string; providers: readonly unknown[] }
  /** Tool servers that are not ours, by key, with the environment's variables put in. */
  mcpServers: Readonly<Record<string, McpServer>>
  /** Which of our tool servers each session gets; with none the model has no tools. */
  toolServers: readonly ('files' | 'shell')[]
  /** What this process goes by among those that share the data directory. */
  instance: string
  /** Every call of a model is written down, in `traces/` of the data directory. */
  trace: boolean
}

export type Origin = 'flags' | 'environment' | 'file'

export type FixedSettings = {
  [Name in 'model' | 'secondaryModel' | 'thinking' | 'livingState' | 'limits']?: {
    value: NonNullable<Settings[Name]>
    from: Origin
  }
}

export interface ConfigSources {
  flags: Settings
  env: Environment
  /** Where the configuration file is looked for and relative paths start. */
  cwd: string
}

const defaults = { host: '127.0.0.1', port: 8080, sandbox: 'auto', livingState: 'auto', instance: 'default' } as const

/** Flags, then environment, then the configuration file, then defaults. Throws `Failure` for what cannot be meant. */
export function loadConfig({ flags, env, cwd }: ConfigSources): Config {
  const fromFile = readConfigFile(join(cwd, configFileName))
  const fromEnv = readEnvironment(env)
  const fromFlags = check(defined(flags), 'the command line')
  const settings: Settings = { ...fromFile, ...fromEnv, ...fromFlags }
  const { caFile, ...container } = { ...fromFile.container, ...fromEnv.container }
  return {
    host: settings.host ?? defaults.host,
    port: settings.port ?? defaults.port,
    sandbox: settings.sandbox ?? defaults.sandbox,
    container: { ...container, ...(caFile === undefined ? {} : { caFile: resolve(cwd, caFile) }) },
    model: settings.model,
    livingState: settings.livingState ?? defaults.livingState,
    approvals: policyOf(settings.approvals),
    mcpServers: readMcpServers(settings.mcpServers ?? {}, { env, cwd }),
    toolServers: [...new Set(settings.toolServers ?? toolServerNames)],
    instance: settings.instance ?? defaults.instance,
    trace: settings.trace ?? false,
    dataDir: resolve(cwd, settings.dataDir ?? defaultDataDir(env)),
    fixed: { ...fixedIn(fromFile, 'file'), ...fixedIn(fromEnv, 'environment'), ...fixedIn(fromFlags, 'flags') },
    configured: { where: join(cwd, configFileName), providers: fromFile.providers ?? [] },
  }
}

function policyOf(approvals: Settings['approvals']): ApprovalPolicy {
  return typeof approvals === 'object' ? approvals : { rules: [], default: approvals ?? 'auto' }
}

function fixedIn(settings: Settings, from: Origin): FixedSettings {
  const { model, secondaryModel, thinking, livingState, limits } = settings
  return {
    ...(model === undefined ? {} : { model: { value: model, from } }),
    ...(secondaryModel === undefined ? {} : { secondaryModel: { value: secondaryModel, from } }),
    ...(thinking === undefined ? {} : { thinking: { value: thinking, from } }),
    ...(livingState === undefined ? {} : { livingState: { value: livingState, from } }),
    ...(limits === undefined ? {} : { limits: { value: limits, from } }),
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
    container: containerIn(env),
    model: env.AURORACODER_MODEL || undefined,
    livingState: env.AURORACODER_LIVING_STATE || undefined,
    secondaryModel: env.AURORACODER_SECONDARY_MODEL || undefined,
    thinking: switched(env.AURORACODER_THINKING),
    approvals: env.AURORACODER_APPROVALS || undefined,
    toolServers: namesIn(env.AURORACODER_TOOL_SERVERS),
    instance: env.AURORACODER_INSTANCE || undefined,
    trace: switched(env.AURORACODER_TRACE),
  }
  return check(defined(settings), 'the environment (AURORACODER_…)')
}

/** A word that is neither is left for the schema to refuse. */
function switched(word: string | undefined): unknown {
  if (!word) return undefined
  return { on: true, true: true, off: false, false: false }[word.toLowerCase()] ?? word
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
    if (errorCode(error) === 'ENOENT') return undefined
    throw new Failure(`${path} cannot be read: ${error instanceof Error ? error.message : String(error)}.`)
  }
}

/** The XDG data directory. */
function defaultDataDir(env: Environment): string {
  return join(env.XDG_DATA_HOME || join(env.HOME || homedir(), '.local', 'share'), 'auroracoder')
}
