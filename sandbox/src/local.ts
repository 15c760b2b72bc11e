import { type ChildProcessWithoutNullStreams, execFile, spawn } from 'node:child_process'
import { randomUUID } from 'node:crypto'
import { mkdir, rm, writeFile } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { dirname, join, resolve } from 'node:path'
import { Duplex } from 'node:stream'
import { existingDirectory } from './existing-directory.js'
import {
  type ExecRequest,
  type ExecResult,
  type ExitReport,
  type Sandbox,
  SandboxError,
  type ServerName,
  type ServerProcess,
} from './sandbox.js'
import { serverEnvironment } from './server-environment.js'

export interface LocalOptions {
  /** An existing directory. */
  workspace: string
  /** Where the servers keep what outlives them; made when missing. */
  stateDir: string
  env: Readonly<Record<string, string | undefined>>
}

/** A server that has been told to end by the end of its stdin gets this long before it is killed. */
export const stopGraceMs = 2_000
const stderrCharsMax = 4_000
const execOutputBytesMax = 1024 * 1024

/**
 * Child processes on this machine. Files and shell keep to the workspace by path only: whoever can make the agent
 * run a command can reach everything that the user can.
 */
export function createLocalSandbox({ workspace, stateDir, env }: LocalOptions): Sandbox {
  const running = new Set<ChildProcessWithoutNullStreams>()
  const childEnv = serverEnvironment(env)
  let root = resolve(workspace)

  const stop = async (): Promise<void> => {
    await Promise.all([...running].map(stopChild))
  }

  return {
    driver: 'local',
    isBoundary: false,
    canPause: false,
    surroundings: { platform: `${process.platform} ${process.arch}`, rules: [] },
    get workspace() {
      return root
    },
    async start() {
      root = await existingDirectory(workspace)
      await mkdir(stateDir, { recursive: true, mode: 0o700 })
    },
    async connect(server) {
      // A missing directory would be reported as a missing program.
      await existingDirectory(root)
      const args = [binOf(server), '--root', root, '--state', join(stateDir, server)]
      const child = spawn(process.execPath, args, { cwd: root, env: childEnv, stdio: 'pipe', detached: true })
      running.add(child)
      child.once('exit', () => running.delete(child))
      const started = serverProcess(child)
      // A server that hangs does not see the end of its stdin.
      started.stream.once('close', () => void stopChild(child))
      return started
    },
    exec: (request) => (request.root ? refuse('root') : exec(request, root, childEnv)),
    async keep({ name, text }) {
      const folder = join(stateDir, 'kept')
      await mkdir(folder, { recursive: true, mode: 0o700 })
      const file = join(folder, `${name}-${randomUUID()}.txt`)
      await writeFile(file, text, { mode: 0o600 })
      return file
    },
    notes: async () => [],
    snapshot: () => refuse('snapshots'),
    pause: () => refuse('pausing'),
    resume: () => refuse('pausing'),
    frozen: (work) => work(),
    port: async (inside) => ({ host: '127.0.0.1', port: inside }),
    stop,
    async forget() {
      await stop()
      await rm(stateDir, { recursive: true, force: true })
    },
  }
}

/** The bin of a server's installed package: servers are started, never imported. */
function binOf(server: ServerName): string {
  const manifest = createRequire(import.meta.url).resolve(`@auroracoder/${server}/package.json`)
  return join(dirname(manifest), 'bin', `auroracoder-${server}.js`)
}

function serverProcess(child: ChildProcessWithoutNullStreams): ServerProcess {
  let stderr = ''
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    stderr = (stderr + text).slice(-stderrCharsMax)
  })
  const exited = new Promise<ExitReport>((settle) => {
    child.once('error', (error) => settle({ exitCode: null, signal: null, stderr: error.message }))
    child.once('close', (exitCode, signal) => settle({ exitCode, signal, stderr }))
  })
  const stream = Duplex.from({ readable: child.stdout, writable: child.stdin })
  return { stream, exited }
}

async function stopChild(child: ChildProcessWithoutNullStreams): Promise<void> {
  const exited = new Promise<void>((settle) => child.once('exit', () => settle()))
  if (child.exitCode !== null || child.signalCode !== null) return
  child.stdin.end()
  const kill = setTimeout(() => killGroup(child), stopGraceMs)
  await exited
  clearTimeout(kill)
}

function killGroup(child: ChildProcessWithoutNullStreams): void {
  if (child.pid === undefined) return
  try {
    process.kill(-child.pid, 'SIGKILL')
  } catch {
    // Gone in the meantime.
  }
}

function exec({ command, cwd, signal }: ExecRequest, root: string, env: NodeJS.ProcessEnv): Promise<ExecResult> {
  const [file, ...args] = command
  const options = { cwd: resolve(root, cwd ?? '.'), env, maxBuffer: execOutputBytesMax, ...(signal ? { signal } : {}) }
  return new Promise((settle, reject) => {
    const child = execFile(file, args, options, (error, stdout, stderr) => {
      if (error && child.exitCode === null && child.signalCode === null) {
        reject(new SandboxError(`Cannot run ${file}: ${error.message}`, { cause: error }))
      } else {
        settle({ exitCode: child.exitCode, stdout, stderr })
      }
    })
  })
}

async function refuse(what: string): Promise<never> {
  throw new SandboxError(`The local driver has no ${what}: its tools are plain processes of this machine.`)
}
