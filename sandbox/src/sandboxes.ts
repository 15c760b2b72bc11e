import { createHash } from 'node:crypto'
import { join } from 'node:path'
import type Dockerode from 'dockerode'
import type { ContainerLimits, Profile } from './docker/container-options.js'
import { createDockerSandbox } from './docker/docker-sandbox.js'
import { engineFailure, factsOf, findEngine, isMissing } from './docker/engine.js'
import { fateOf, type Owner, thisProcess } from './docker/owner.js'
import { type FoundSandbox, type HasSession, listSandboxes, type Swept, sweep } from './docker/sweep.js'
import { openShell, type Terminal } from './docker/terminal.js'
import { agentUser } from './docker/users.js'
import { buildImage } from './image/build.js'
import { checkImage, type ImageOptions } from './image/options.js'
import { imageTag } from './image/recipe.js'
import { createLocalSandbox } from './local.js'
import type { EgressOptions } from './network/egress.js'
import { type EgressPolicy, parsePolicy } from './network/policy.js'
import { type Sandbox, SandboxError } from './sandbox.js'

export type Driver = 'docker' | 'local'
export type Wish = Driver | 'auto'

export interface SandboxesOptions {
  /** What the service allows: one driver, or both, with the container where it can be had. */
  driver: Wish
  env: Readonly<Record<string, string | undefined>>
  dataDir: string
  /** In the data directory: the workspaces of sessions that have none of their own. */
  scratchRoot: string
  /** What the service goes by among those that share the data directory. */
  instance: string
  docker: DockerSettings
  /** Whose the sandboxes are: when it is gone, another sweeps them away. This process unless given. */
  owner?: Owner
}

export interface DockerSettings {
  /** What the image is made of. */
  build: ImageOptions
  /** An image that is there, such as a snapshot, in place of the one that is built. */
  image?: string | undefined
  network: EgressPolicy
  /** How names are looked up and addresses reached; as every program of this machine does unless given. */
  reach?: Pick<EgressOptions, 'lookup' | 'connect'>
  limits: Partial<ContainerLimits>
  workspaceBytesMax?: number | undefined
  profile: Profile
  runtime?: string | undefined
}

/** Where the tools of a session run, and why it is not a container, where it is not. */
export type Choice = { driver: 'docker' } | { driver: 'local'; reason: string }

export interface SandboxKey {
  sessionId: string
  /** An existing directory of the host. */
  workspace: string
  driver: Driver
}

/** The sandboxes of one service. */
export interface Sandboxes {
  /**
   * What a session that wishes for this gets; it keeps it, since nothing may move it out of a container later. Rejects
   * with a `SandboxError` when it cannot be had.
   */
  choose(wish: Wish): Promise<Choice>
  create(key: SandboxKey): Sandbox
  /** Removes what dead services have left. Without an engine there is nothing. */
  sweep(hasSession?: HasSession): Promise<Swept>
  /** Makes the image, and answers its name. Rejects with a `SandboxError` that has the end of the failed step. */
  build(progress: { onLine(line: string): void; signal: AbortSignal }): Promise<string>
  /** Every container on the engine that is a sandbox, also those of other services. */
  list(): Promise<ListedSandbox[]>
  /** Ends a sandbox of any service; one that is in use starts again with its next call. */
  remove(name: string): Promise<void>
  /** Opens a shell inside, as the agent or as root, and settles with its exit code. */
  shell(name: string, options: { root: boolean; terminal: Terminal }): Promise<number>
}

export interface ListedSandbox {
  /** Whole, or as much of its beginning as tells it from the others. */
  name: string
  session: string
  instance: string
  workspace: string
  /** The engine's word: `running`, `paused`, `exited` and the like. */
  state: string
  createdAt: Date
  owner: 'alive' | 'gone' | 'unknown'
}

/** By it containers and volumes are told apart from those of other services on the same engine. */
function instanceLabel({ instance, dataDir }: Pick<SandboxesOptions, 'instance' | 'dataDir'>): string {
  return `${instance}-${createHash('sha256').update(dataDir).digest('hex').slice(0, 8)}`
}

/** Throws `SandboxError` for settings that cannot be meant. */
export function createSandboxes(options: SandboxesOptions): Sandboxes {
  const { env, dataDir, scratchRoot, docker: settings } = options
  parsePolicy(settings.network)
  if (settings.image !== undefined) checkImage('The image of the sandbox', settings.image)
  const { runtime } = settings
  const instance = instanceLabel(options)
  const owner = options.owner ? Promise.resolve(options.owner) : thisProcess()
  let found: Promise<Dockerode> | undefined
  let chosen: Promise<Choice> | undefined
  let tag: Promise<string> | undefined

  /** An engine that has once answered is asked again at the same place. */
  const engine = (): Promise<Dockerode> => {
    found ??= findEngine({ env }).catch((error: unknown) => {
      found = undefined
      throw error
    })
    return found
  }
  const listed = async (): Promise<FoundSandbox[]> =>
    listSandboxes(await engine()).catch((cause: unknown) => {
      throw engineFailure('The sandboxes cannot be listed', cause)
    })
  const find = async (name: string): Promise<FoundSandbox> => {
    const all = await listed()
    const fits = name === '' ? [] : all.filter((each) => each.name.startsWith(name) || each.session === name)
    const [only] = fits
    if (only && fits.length === 1) return only
    const names = (fits.length > 1 ? fits : all).map((each) => each.name).join(', ') || 'none'
    const problem = fits.length > 1 ? 'More than one sandbox' : 'No sandbox'
    throw new SandboxError(`${problem} goes by the name or session "${name}". Name one of: ${names}.`)
  }
  /** Its inputs are those of this process, which does not change under itself. */
  const image = (): Promise<string> => {
    tag ??= settings.image === undefined ? imageTag(settings.build) : Promise.resolve(settings.image)
    return tag
  }

  async function choose(wish: Wish): Promise<Choice> {
    if (wish !== 'auto' && options.driver !== 'auto' && wish !== options.driver) throw refused(wish)
    const driver = options.driver === 'auto' ? wish : options.driver
    if (driver === 'local') return { driver, reason: 'that is what it was told' }
    if (driver === 'docker') return needContainer({ engine, image, runtime })
    chosen ??= needContainer({ engine, image, runtime }).catch((error: unknown): Choice => {
      if (!(error instanceof SandboxError)) throw error
      return { driver: 'local', reason: error.message }
    })
    return chosen
  }

  return {
    choose,
    create({ sessionId: session, workspace, driver }) {
      if (driver === 'local') return createLocalSandbox({ workspace, stateDir: join(dataDir, 'servers', session), env })
      const { network: policy, reach, limits, workspaceBytesMax, profile } = settings
      return createDockerSandbox({
        engine,
        image,
        owner: () => owner,
        workspace,
        session,
        instance,
        apart: { folder: dataDir, open: scratchRoot },
        network: { policy, ...reach },
        limits,
        profile,
        runtime,
        ...(workspaceBytesMax === undefined ? {} : { workspaceBytesMax }),
      })
    },
    async sweep(hasSession) {
      if (options.driver === 'local') return { containers: [], volumes: [] }
      const docker = await engine()
      return sweep(docker, { now: new Date(), ...(hasSession && { own: { instance, hasSession } }) }).catch(
        (cause: unknown) => {
          throw engineFailure('What was left behind cannot be removed', cause)
        },
      )
    },
    async build({ onLine, signal }) {
      return buildImage({ docker: await engine(), options: settings.build, onProgress: onLine, signal })
    },
    async list() {
      const found = await listed()
      return Promise.all(
        found.map(async ({ name, session, instance, workspace, state, createdAt, owner }) => {
          return { name, session, instance, workspace, state, createdAt, owner: await fateOf(owner) }
        }),
      )
    },
    async remove(name) {
      const { containerId } = await find(name)
      const container = (await engine()).getContainer(containerId)
      await container.remove({ force: true }).catch((cause: unknown) => {
        if (!isMissing(cause)) throw engineFailure(`The sandbox ${name} cannot be removed`, cause)
      })
    },
    async shell(name, { root, terminal }) {
      const { containerId, workspace } = await find(name)
      const { uid, gid } = root ? { uid: 0, gid: 0 } : await agentUser(workspace)
      const container = (await engine()).getContainer(containerId)
      return openShell({ container, user: `${uid}:${gid}`, isRoot: root, cwd: workspace, terminal })
    },
  }
}

interface Needs {
  engine(): Promise<Dockerode>
  image(): Promise<string>
  runtime: string | undefined
}

async function needContainer({ engine, image, runtime }: Needs): Promise<Choice> {
  const docker = await engine()
  const tag = await image()
  try {
    const [{ runtimes }] = await Promise.all([factsOf(docker), docker.getImage(tag).inspect()])
    if (runtime !== undefined && !runtimes.includes(runtime)) {
      throw new SandboxError(`The engine has no runtime "${runtime}". It has: ${runtimes.join(', ')}.`)
    }
    return { driver: 'docker' }
  } catch (error) {
    if (error instanceof SandboxError) throw error
    if (!isMissing(error)) throw engineFailure('The image of the sandbox cannot be looked for', error)
    throw new SandboxError(
      `The image of the sandbox, ${tag}, is not there. Build it once with: auroracoder sandbox build`,
    )
  }
}

function refused(wish: Driver): SandboxError {
  const other = wish === 'docker' ? 'local' : 'docker'
  return new SandboxError(
    `This service runs tools with the ${other} driver only, and the session asks for ${wish}. Start it with --sandbox auto to have both.`,
  )
}
