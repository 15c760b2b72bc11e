import {
  containerLimits,
  type DockerSettings,
  defaultHosts,
  type EgressPolicy,
  imageDefaults,
} from '@auroracoder/sandbox'
import { z } from 'zod'
import { defined, type Environment, namesIn } from './environment.js'

/** What the configuration may say of containers; what it does not say, the sandbox decides. */
export const containerSchema = z.strictObject({
  /** A Debian 12 with Node 20 and npm. */
  base: z.string().min(1).optional(),
  layer: z.enum(['base', 'desktop']).optional(),
  caFile: z.string().min(1).optional(),
  image: z.string().min(1).optional(),
  network: z.enum(['allow-list', 'open', 'none']).optional(),
  /** Beside the registries and code hosts that the list has by itself. */
  allowHosts: z.array(z.string().min(1)).optional(),
  /** Each with its port; they may be on a private network. */
  allowPrivateHosts: z.array(z.string().min(1)).optional(),
  memoryMiB: z.int().min(256).optional(),
  cpus: z.number().min(0.1).optional(),
  processesMax: z.int().min(64).optional(),
  workspaceMiBMax: z.int().min(1).optional(),
  profile: z.enum(['hardened', 'dev']).optional(),
  runtime: z.string().min(1).optional(),
})

export type ContainerWishes = z.infer<typeof containerSchema>

export function containerIn(env: Environment): object {
  return defined({
    base: env.AURORACODER_SANDBOX_BASE || undefined,
    layer: env.AURORACODER_SANDBOX_LAYER || undefined,
    caFile: env.AURORACODER_SANDBOX_CA_FILE || undefined,
    image: env.AURORACODER_SANDBOX_IMAGE || undefined,
    network: env.AURORACODER_SANDBOX_NETWORK || undefined,
    allowHosts: namesIn(env.AURORACODER_SANDBOX_ALLOW_HOSTS),
    allowPrivateHosts: namesIn(env.AURORACODER_SANDBOX_ALLOW_PRIVATE_HOSTS),
    memoryMiB: numberIn(env.AURORACODER_SANDBOX_MEMORY_MIB),
    cpus: numberIn(env.AURORACODER_SANDBOX_CPUS),
    processesMax: numberIn(env.AURORACODER_SANDBOX_PROCESSES_MAX),
    workspaceMiBMax: numberIn(env.AURORACODER_SANDBOX_WORKSPACE_MIB_MAX),
    profile: env.AURORACODER_SANDBOX_PROFILE || undefined,
    runtime: env.AURORACODER_SANDBOX_RUNTIME || undefined,
  })
}

/** What is no number is left for the schema to refuse, as it was written. */
function numberIn(value: string | undefined): number | string | undefined {
  if (!value) return undefined
  const number = Number(value)
  return Number.isNaN(number) ? value : number
}

function networkOf({
  network: mode = 'allow-list',
  allowHosts = [],
  allowPrivateHosts: privateHosts = [],
}: ContainerWishes): EgressPolicy {
  if (mode === 'none') return { mode }
  if (mode === 'open') return { mode, privateHosts }
  return { mode, hosts: [...defaultHosts, ...allowHosts], privateHosts }
}

/** So that the agent has a name inside; root's number is not given to it. */
function ownNumbers(): { agentUid?: number; agentGid?: number } {
  const agentUid = process.getuid?.()
  const agentGid = process.getgid?.()
  return agentUid && agentGid ? { agentUid, agentGid } : {}
}

const mebibyte = 1024 * 1024

/** The wishes with everything that they leave open. */
export function dockerSettings(wishes: ContainerWishes, env: Environment): DockerSettings {
  const { memoryMiB, workspaceMiBMax, profile = 'hardened' } = wishes
  const { memoryBytesMax, cpusMax, processesMax } = containerLimits
  const caFile = wishes.caFile ?? (env.NODE_EXTRA_CA_CERTS || undefined)
  return {
    build: {
      ...imageDefaults,
      ...ownNumbers(),
      ...defined({ base: wishes.base, layer: wishes.layer, caFile }),
    },
    image: wishes.image,
    network: networkOf(wishes),
    limits: {
      memoryBytesMax: memoryMiB === undefined ? memoryBytesMax : memoryMiB * mebibyte,
      cpusMax: wishes.cpus ?? cpusMax,
      processesMax: wishes.processesMax ?? processesMax,
    },
    workspaceBytesMax: workspaceMiBMax === undefined ? undefined : workspaceMiBMax * mebibyte,
    profile,
    runtime: wishes.runtime,
  }
}
