import { chown, mkdir, mkdtemp, realpath, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import {
  containerLimits,
  createSandboxes,
  type DockerSettings,
  imageDefaults,
  type Sandbox,
  type Sandboxes,
} from '@auroracoder/sandbox'
import { connectSandboxTools, type SandboxTools } from '../../../orchestrator/src/connect/sandbox-tools.js'
import type { ToolOutcome } from '../../../orchestrator/src/connect/tool-set.js'

/** The image that `.ci/run` builds: its parts are named by the environment. */
export const settings: DockerSettings = {
  build: {
    ...imageDefaults,
    ...(process.env.AURORACODER_SANDBOX_BASE ? { base: process.env.AURORACODER_SANDBOX_BASE } : {}),
    ...(process.env.NODE_EXTRA_CA_CERTS ? { caFile: process.env.NODE_EXTRA_CA_CERTS } : {}),
  },
  network: { mode: 'none' },
  limits: containerLimits,
  profile: 'hardened',
}

/** Why no sandbox can be had here, if so. */
export async function missingSandbox(): Promise<string | undefined> {
  const choice = await sandboxesIn(tmpdir(), settings).choose('auto')
  return choice.driver === 'docker' ? undefined : choice.reason
}

function sandboxesIn(dataDir: string, docker: DockerSettings, env: NodeJS.ProcessEnv = process.env): Sandboxes {
  const scratchRoot = join(dataDir, 'scratch')
  return createSandboxes({ driver: 'auto', env, dataDir, scratchRoot, instance: 'test', docker })
}

/** A sandbox on a folder of its own, with the tools of its servers. */
export interface World {
  /** On the host; only `workspace` in it is for the sandbox. */
  readonly folder: string
  readonly workspace: string
  readonly sandboxes: Sandboxes
  readonly sandbox: Sandbox
  /** Runs a command with the shell's own tool. */
  command(text: string, args?: Record<string, unknown>): Promise<ToolOutcome>
  call(name: string, args: Record<string, unknown>): Promise<ToolOutcome>
  close(): Promise<void>
}

export interface WorldOptions {
  docker?: Partial<DockerSettings>
  sessionId?: string
  env?: NodeJS.ProcessEnv
  /** Who owns the workspace, where the tests run as root. */
  uid?: number
}

export async function openWorld({
  docker,
  env,
  sessionId = 'ses_test',
  uid = 1000,
}: WorldOptions = {}): Promise<World> {
  const folder = await realpath(await mkdtemp(join(tmpdir(), 'auroracoder-sandbox-')))
  const workspace = join(folder, 'workspace')
  await mkdir(workspace)
  if (process.getuid?.() === 0) await chown(workspace, uid, uid)
  const sandboxes = sandboxesIn(join(folder, 'data'), { ...settings, ...docker }, env)
  const sandbox = sandboxes.create({ sessionId, workspace, driver: 'docker' })
  const close = async (tools?: SandboxTools): Promise<void> => {
    await tools?.close()
    await sandbox.forget()
    await rm(folder, { recursive: true, force: true })
  }
  try {
    await sandbox.start()
    const clientInfo = { name: 'test', version: '0' }
    const tools = await connectSandboxTools({ sandbox, servers: ['files', 'shell'], sessionId, clientInfo })
    const call = caller(tools)
    return {
      folder,
      workspace,
      sandboxes,
      sandbox,
      call,
      command: (text, args) => call('run_terminal_command', { command: text, ...args }),
      close: () => close(tools),
    }
  } catch (error) {
    await close()
    throw error
  }
}

function caller(tools: SandboxTools): World['call'] {
  let calls = 0
  return (name, args) => {
    calls += 1
    return tools.call({
      name,
      args,
      key: `run/step/${calls}`,
      step: 'run/step',
      branch: 0,
      panels: [],
      signal: new AbortController().signal,
      onProgress() {},
      elicit: async () => ({ action: 'cancel' }),
      onLog() {},
    })
  }
}
