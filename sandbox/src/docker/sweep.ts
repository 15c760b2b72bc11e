import type Dockerode from 'dockerode'
import { isMissing, isUnderWay } from './engine.js'
import { type Belonging, labelNames, readLabels } from './labels.js'
import { fateOf, type Owner } from './owner.js'

export interface FoundSandbox extends Belonging {
  containerId: string
  name: string
  /** The engine's word: `running`, `paused`, `exited` and the like. */
  state: string
}

export interface Swept {
  containers: readonly string[]
  volumes: readonly string[]
}

/** Every sandbox that the engine knows, also of other instances. */
export async function listSandboxes(docker: Dockerode): Promise<FoundSandbox[]> {
  const containers = await docker.listContainers({ all: true, filters: { label: [labelNames.owner] } })
  return containers.flatMap(({ Id, Names, State, Labels }) => {
    const belonging = readLabels(Labels)
    return belonging ? [{ ...belonging, containerId: Id, name: (Names[0] ?? Id).replace(/^\//, ''), state: State }] : []
  })
}

export type HasSession = (id: string) => Promise<boolean>

export interface SweepOptions {
  now: Date
  /** The instance that sweeps, and which sessions it still has: the volumes of all its others go. */
  own?: { instance: string; hasSession: HasSession }
}

/**
 * Removes what dead processes have left: their containers, whosever they were, and volumes of sessions that are gone.
 * A volume of a session that can go on stays: it holds what makes repeated calls harmless.
 */
export async function sweep(docker: Dockerode, { now, own }: SweepOptions): Promise<Swept> {
  const containers: string[] = []
  for (const { containerId, name, owner, expiresAt } of await listSandboxes(docker)) {
    if (!(await isLeft({ owner, expiresAt }, now))) continue
    if (await removed(docker.getContainer(containerId).remove({ force: true }))) containers.push(name)
  }
  const volumes: string[] = []
  const { Volumes } = await docker.listVolumes({ filters: { label: [labelNames.owner] } })
  for (const { Name, Labels } of Volumes) {
    const belonging = readLabels(Labels)
    if (!belonging || belonging.instance !== own?.instance || (await own.hasSession(belonging.session))) continue
    if (await removed(docker.getVolume(Name).remove())) volumes.push(Name)
  }
  return { containers, volumes }
}

async function isLeft({ owner, expiresAt }: { owner: Owner; expiresAt: Date }, now: Date): Promise<boolean> {
  const fate = await fateOf(owner)
  return fate === 'gone' || (fate === 'unknown' && expiresAt < now)
}

/** False when it was not there any more, or is in use. */
async function removed(work: Promise<unknown>): Promise<boolean> {
  try {
    await work
    return true
  } catch (error) {
    if (isMissing(error) || isUnderWay(error)) return false
    throw error
  }
}
