import { homedir } from 'node:os'
import { join } from 'node:path'
import { setTimeout } from 'node:timers/promises'
import type Dockerode from 'dockerode'
import { z } from 'zod'
import { SandboxError } from '../sandbox.js'

export interface EngineOptions {
  env: Readonly<Record<string, string | undefined>>
}

/** An engine that does not say within this time that it is there is none. */
export const pingTimeoutMs = 2_000

/**
 * The engine that answers: the one that `DOCKER_HOST` names, or the first of the usual sockets. Rejects with a
 * `SandboxError` that says where it was looked for.
 */
export async function findEngine({ env }: EngineOptions): Promise<Dockerode> {
  const problems: string[] = []
  for (const place of placesOf(env)) {
    // Loaded with the first container: it takes longer than all else that a start needs.
    const docker = await open(place)
    try {
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
