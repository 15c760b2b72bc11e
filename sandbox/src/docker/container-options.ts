import type { ContainerCreateOptions } from 'dockerode'
import { homeDir, keeperUser, type User } from './users.js'

/** What one container may take of the host. */
export interface ContainerLimits {
  /** Without swap; what lies in memory file systems counts as well. */
  memoryBytesMax: number
  cpusMax: number
  processesMax: number
  openFilesMax: number
  /** Of `/tmp` and of the home folder each; they are in memory. */
  temporaryBytesMax: number
  /** Of what the container itself prints, which is nothing as long as all is well. */
  logBytesMax: number
}

const mebibyte = 1024 * 1024

export const containerLimits: ContainerLimits = {
  memoryBytesMax: 2048 * mebibyte,
  cpusMax: 2,
  processesMax: 512,
  openFilesMax: 4096,
  temporaryBytesMax: 1024 * mebibyte,
  logBytesMax: mebibyte,
}

const runBytesMax = 16 * mebibyte
const sharedMemoryBytesMax = 64 * mebibyte

/** `dev` lets an explicit root install packages: a root file system that can be written, and what apt needs for it. */
export type Profile = 'hardened' | 'dev'

const capabilitiesForPackages = ['CHOWN', 'DAC_OVERRIDE', 'FOWNER', 'SETGID', 'SETUID']

export interface ContainerOptions {
  name: string
  image: string
  /** A real path, which the container sees under the same name. */
  workspace: string
  /** Who the agent is; PID 1 is somebody else, so that no signal of the agent can end the container. */
  agent: User
  state: { volume: string; mountedAt: string }
  labels: Readonly<Record<string, string>>
  limits: ContainerLimits
  profile: Profile
  /** An engine's runtime with a kernel of its own, such as `runsc`. */
  runtime?: string | undefined
}

/**
 * The hardened container. There is no network at all, not even one that the engine would set up: what is allowed
 * travels over the standard streams of programs inside. (A network namespace that the engine does not manage also
 * starts 300 ms sooner: it runs a hook of its own for each of its networks, also for `none`.)
 */
export function containerOptions(options: ContainerOptions): ContainerCreateOptions {
  const { name, image, workspace, agent, state, labels, limits, profile, runtime } = options
  const { memoryBytesMax, cpusMax, processesMax, openFilesMax, temporaryBytesMax, logBytesMax } = limits
  const isDev = profile === 'dev'
  const own = `uid=${agent.uid},gid=${agent.gid},mode=0700`
  return {
    name,
    Image: image,
    Cmd: ['sleep', 'infinity'],
    Hostname: 'sandbox',
    User: keeperUser(agent),
    WorkingDir: workspace,
    Labels: { ...labels },
    NetworkDisabled: true,
    HostConfig: {
      NetworkMode: 'none',
      Init: true,
      ReadonlyRootfs: !isDev,
      Privileged: false,
      CapDrop: ['ALL'],
      CapAdd: isDev ? capabilitiesForPackages : [],
      SecurityOpt: ['no-new-privileges'],
      IpcMode: 'private',
      ShmSize: sharedMemoryBytesMax,
      PidsLimit: processesMax,
      Memory: memoryBytesMax,
      MemorySwap: memoryBytesMax,
      NanoCpus: Math.round(cpusMax * 1e9),
      Ulimits: [
        { Name: 'nofile', Soft: openFilesMax, Hard: openFilesMax },
        { Name: 'core', Soft: 0, Hard: 0 },
      ],
      Tmpfs: {
        '/tmp': `exec,nosuid,nodev,mode=1777,size=${temporaryBytesMax}`,
        '/run': `noexec,nosuid,nodev,size=${runBytesMax}`,
        [homeDir]: `exec,nosuid,nodev,${own},size=${temporaryBytesMax}`,
      },
      Mounts: [
        { Type: 'bind', Source: workspace, Target: workspace },
        { Type: 'volume', Source: state.volume, Target: state.mountedAt },
      ],
      LogConfig: { Type: 'json-file', Config: { 'max-size': String(logBytesMax), 'max-file': '1' } },
      RestartPolicy: { Name: 'no' },
      ...(runtime === undefined ? {} : { Runtime: runtime }),
    },
  }
}
