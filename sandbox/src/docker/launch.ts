import { randomBytes } from 'node:crypto'
import { statfs } from 'node:fs/promises'
import { setTimeout } from 'node:timers/promises'
import type Dockerode from 'dockerode'
import type { Container } from 'dockerode'
import { existingDirectory } from '../existing-directory.js'
import { stateDir } from '../image/layout.js'
import { type BindRules, checkBindable } from './bindable.js'
import { type ContainerLimits, containerLimits, containerOptions, type Profile } from './container-options.js'
import { type EgressKeeper, type EgressKeeperOptions, keepEgress } from './egress-keeper.js'
import { endingOf } from './ending.js'
import { engineFailure, factsOf, hasAnswered, isMissing } from './engine.js'
import { followContainer } from './events.js'
import { type Inside, runInside } from './exec.js'
import { createGate } from './gate.js'
import { labelsOf } from './labels.js'
import type { Keepable } from './live.js'
import type { Owner } from './owner.js'
import { watchProcesses } from './processes.js'
import { watchSpace } from './space.js'
import { agentUser, type User } from './users.js'

export interface LaunchOptions {
  /** Finds the engine, which may have been away. */
  engine(): Promise<Dockerode>
  image(): Promise<string>
  /** An existing directory. */
  workspace: string
  session: string
  instance: string
  /** This process. */
  owner(): Promise<Owner>
  /** The folder of the host with the credentials, and the one in it that has workspaces. */
  apart: BindRules['apart']
  /** What the proxy inside may reach. */
  network: Omit<EgressKeeperOptions, 'inside' | 'user'>
  limits?: Partial<ContainerLimits>
  workspaceBytesMax?: number
  profile?: Profile
  runtime?: string | undefined
  /** Told when a process inside was ended because memory was used up. */
  onOutOfMemory(bytesMax: number): void
}

/** A container that runs, or has run. */
export interface LiveContainer extends Keepable {
  readonly container: Container
  /** To start programs in it. */
  readonly inside: Inside
  readonly agent: User
  readonly workspace: string
  readonly egress: EgressKeeper
  /** Freezes everything inside, and lets nothing be started until it resumes. */
  pause(): Promise<void>
  resume(): Promise<void>
}

/** Files and volumes of a sandbox together; there is no quota for them, so they are counted. */
export const workspaceBytesMax = 10 * 1024 ** 3
/** Where nobody can know whether the owner lives, a sandbox may be removed after this time. */
export const lifeMsMax = 7 * 24 * 60 * 60_000

const countTimeoutMs = 60_000
const countOutputBytesMax = 10_000

/** Makes the container and starts it; nothing of it is left when that fails. */
export async function launch(options: LaunchOptions): Promise<LiveContainer> {
  const workspace = await existingDirectory(options.workspace)
  await checkBindable(workspace, options)
  const agent = await agentUser(workspace)
  const docker = await options.engine()
  const container = await makeContainer(docker, { ...options, workspace, agent })
  try {
    await container.start()
    return watched(docker, container, { ...options, workspace, agent })
  } catch (cause) {
    await container.remove({ force: true }).catch(() => {})
    throw engineFailure('The container of the sandbox cannot be started', cause)
  }
}

/** The volume that holds what the servers of a session remember. */
export function stateVolume({ instance, session }: Pick<LaunchOptions, 'instance' | 'session'>): string {
  return `auroracoder-${instance}-${session}`
}

type Made = LaunchOptions & { agent: User }

async function makeContainer(docker: Dockerode, options: Made): Promise<Container> {
  const { instance, session, workspace, agent, limits, profile = 'hardened', runtime } = options
  const now = new Date()
  const expiresAt = new Date(now.getTime() + lifeMsMax)
  const [image, owner] = await Promise.all([options.image(), options.owner()])
  const allLimits = { ...containerLimits, ...limits }
  const labels = labelsOf({ instance, session, owner, workspace, createdAt: now, expiresAt })
  const volume = stateVolume(options)
  try {
    const [{ cpus }] = await Promise.all([factsOf(docker), docker.createVolume({ Name: volume, Labels: labels })])
    return await docker.createContainer(
      containerOptions({
        name: `${volume}-${randomBytes(3).toString('hex')}`,
        image,
        workspace,
        agent,
        state: { volume, mountedAt: stateDir },
        labels,
        // The engine refuses to give more than there are.
        limits: { ...allLimits, cpusMax: Math.min(allLimits.cpusMax, cpus) },
        profile,
        runtime,
      }),
    )
  } catch (cause) {
    const advice = isMissing(cause) ? ' Build it with: auroracoder sandbox build' : ''
    throw engineFailure('The container of the sandbox cannot be made', cause, advice)
  }
}

function watched(docker: Dockerode, container: Container, options: Made): LiveContainer {
  const { workspace, agent, network, limits, onOutOfMemory } = options
  const { memoryBytesMax, processesMax } = { ...containerLimits, ...limits }
  let reason: string | undefined
  const end = (why: string): void => {
    reason ??= `the sandbox was stopped: ${why}`
    void container.kill().catch(() => {})
  }
  const events = followContainer({
    docker,
    containerId: container.id,
    onAction(action) {
      if (action === 'oom') onOutOfMemory(memoryBytesMax)
    },
  })
  const inside = { container, gate: createGate() }
  const egress = keepEgress({ ...network, inside, user: agent })
  const space = watchSpace({
    usedBytesMax: options.workspaceBytesMax ?? workspaceBytesMax,
    async freeBytes() {
      // A workspace that has been moved away is no reason to stop watching.
      const { bavail, bsize } = await statfs(workspace).catch(() => statfs('/'))
      return bavail * bsize
    },
    usedBytes: () => countInside(inside, { workspace, agent }),
    onFull: end,
  })
  const processes = watchProcesses({ container, processesMax, onFull: end })
  return {
    container,
    inside,
    agent,
    workspace,
    egress,
    startedAtMs: Date.now(),
    async pause() {
      await Promise.all([space.hold(), inside.gate.close()])
      await container.pause().catch(unlessAnswered)
    },
    async resume() {
      try {
        await container.unpause().catch(unlessAnswered)
      } finally {
        inside.gate.open()
        space.goOn()
      }
    },
    ending: async () => reason ?? endingOf(container),
    async remove() {
      space.stop()
      processes.stop()
      egress.close()
      events.close()
      await container.remove({ force: true }).catch(unlessMissing)
    },
  }
}

/** Counted inside, where also files that only the agent may see are counted. */
async function countInside(
  inside: Inside,
  { workspace, agent }: Pick<Made, 'workspace' | 'agent'>,
): Promise<number | undefined> {
  const counted = runInside(inside, {
    command: ['/usr/bin/du', '-skc', '--', workspace, stateDir],
    user: agent,
    cwd: '/',
    outputBytesMax: countOutputBytesMax,
  })
  const { exitCode, stdout } = await Promise.race([counted, setTimeout(countTimeoutMs, notCounted, { ref: false })])
  const kibibytes = stdout.match(/^(\d+)\ttotal$/m)?.[1]
  return exitCode === 0 && kibibytes !== undefined ? Number(kibibytes) * 1024 : undefined
}

const notCounted = { exitCode: null, stdout: '' }

/** It is so already. */
function unlessAnswered(cause: unknown): void {
  if (!hasAnswered(cause)) throw engineFailure('The Docker engine did not do it', cause)
}

function unlessMissing(error: unknown): void {
  if (!isMissing(error)) throw error
}
