import { homedir } from 'node:os'
import { join } from 'node:path'
import { setTimeout } from 'node:timers/promises'
import type Dockerode from 'dockerode'
import { z } from 'zod'
import { SandboxError } from '../sandbox.js'

export interface EngineOptions {
  env: Readonly<Record<string, string | undefined>>
  answerMsMax?: number
}

/** An engine that does not say within this time that it is there is none. */
export const pingTimeoutMs = 2_000

/** An engine that has not answered a call by then does not answer: every other call would wait behind it. */
const usualAnswerMsMax = 60_000
/** Saving a container takes as long as its files are many. */
const commitMsMax = 10 * 60_000

/**
 * The engine that answers: the one that `DOCKER_HOST` names, or the first of the usual sockets. Rejects with a
 * `SandboxError` that says where it was looked for.
 */
export async function findEngine({ env, answerMsMax = usualAnswerMsMax }: EngineOptions): Promise<Dockerode> {
  const problems: string[] = []
  for (const place of placesOf(env)) {
    try {
      // Loaded with the first container: it takes longer than all else that a start needs.
      const docker = answeringInTime(await open(place), answerMsMax)
      await Promise.race([docker.ping(), noAnswer()])
      return docker
    } catch (error) {
      problems.push(`${place ?? env.DOCKER_HOST}: ${explainEngine(error)}`)
    }
  }
  throw new SandboxError(`No Docker engine answers (${problems.join('; ')}). Start Docker, or set DOCKER_HOST.`, {
    mayPass: true,
  })
}

const socketScheme = 'unix://'

/** Undefined stands for what the environment of this process says of an engine that is elsewhere. */
function placesOf(env: EngineOptions['env']): (string | undefined)[] {
  if (env.DOCKER_HOST?.startsWith(socketScheme)) return [env.DOCKER_HOST.slice(socketScheme.length)]
  if (env.DOCKER_HOST) return [undefined]
  const rootless = env.XDG_RUNTIME_DIR ? [join(env.XDG_RUNTIME_DIR, 'docker.sock')] : []
  return ['/var/run/docker.sock', ...rootless, join(homedir(), '.docker', 'run', 'docker.sock')]
}

async function noAnswer(): Promise<never> {
  await setTimeout(pingTimeoutMs, undefined, { ref: false })
  throw new Error('no answer in time')
}

async function open(socketPath: string | undefined): Promise<Dockerode> {
  const { default: Docker } = await import('dockerode')
  return socketPath === undefined ? new Docker() : new Docker({ socketPath })
}

type Dial = (options: { path: string; abortSignal?: AbortSignal }, callback: (...outcome: unknown[]) => void) => void

/** Each call ends with an error where no answer, or the beginning of one that is a stream, has come in time. */
function answeringInTime(docker: Dockerode, answerMsMax: number): Dockerode {
  const { modem }: { modem: { dial: Dial } } = docker
  const dial = modem.dial.bind(modem)
  modem.dial = (options, callback) => {
    const { path, abortSignal } = options
    // A build answers when it has the whole context, and has a signal of its own.
    if (path.startsWith('/build')) return dial(options, callback)
    const late = new AbortController()
    const msMax = path.startsWith('/commit') ? commitMsMax : answerMsMax
    const timer = globalThis.setTimeout(() => late.abort(), msMax)
    const signal = abortSignal === undefined ? late.signal : AbortSignal.any([abortSignal, late.signal])
    dial({ ...options, abortSignal: signal }, (error, ...rest) => {
      clearTimeout(timer)
      callback(late.signal.aborted ? new Error(`no answer within ${msMax / 1_000} s`) : error, ...rest)
    })
  }
  return docker
}

/** What the machine of an engine has. */
export interface EngineFacts {
  cpus: number
  runtimes: readonly string[]
}

const known = new WeakMap<Dockerode, Promise<EngineFacts>>()

/** Asked once. */
export function factsOf(docker: Dockerode): Promise<EngineFacts> {
  const asked = known.get(docker) ?? askFacts(docker)
  known.set(docker, asked)
  asked.catch(() => known.delete(docker))
  return asked
}

async function askFacts(docker: Dockerode): Promise<EngineFacts> {
  const { NCPU, Runtimes = {} } = await docker.info()
  return { cpus: NCPU, runtimes: Object.keys(Runtimes) }
}

const refusalSchema = z.object({
  statusCode: z.int(),
  json: z.object({ message: z.string() }).optional().catch(undefined),
})

/** Whether the engine has no such container, image or volume. */
export function isMissing(error: unknown): boolean {
  return statusOf(error) === 404
}

/** Whether somebody else is already doing it. */
export function isUnderWay(error: unknown): boolean {
  return statusOf(error) === 409
}

function statusOf(error: unknown): number | undefined {
  return refusalSchema.safeParse(error).data?.statusCode
}

/** Whether it was the engine's answer, not the lack of one. */
export function hasAnswered(error: unknown): boolean {
  return statusOf(error) !== undefined
}

/** The engine's refusal in its own words, or why it could not be asked. */
export function explainEngine(error: unknown): string {
  const refused = refusalSchema.safeParse(error).data
  if (refused?.json) return refused.json.message
  if (!(error instanceof Error)) return String(error)
  const code = 'code' in error ? error.code : undefined
  if (code === 'ENOENT') return 'there is no such socket'
  if (code === 'EACCES') return 'this user may not use it'
  if (code === 'ECONNREFUSED') return 'nobody listens'
  return error.message
}

/** What went wrong with the engine, told for a person. */
export function engineFailure(what: string, cause: unknown, advice = ''): SandboxError {
  if (cause instanceof SandboxError) return cause
  if (hasAnswered(cause)) return new SandboxError(`${what}: ${explainEngine(cause)}.${advice}`, { cause })
  const away = `${what}: the Docker engine does not answer (${explainEngine(cause)}). Start it again.`
  return new SandboxError(away, { cause, mayPass: true })
}
