import { type ChildProcessWithoutNullStreams, spawn } from 'node:child_process'
import { Duplex } from 'node:stream'
import { type ServerProcess, serverEnvironment } from '@auroracoder/sandbox'

export interface HostProgram {
  command: string
  args: readonly string[]
  /** Beside the few variables that every program gets. */
  env: Readonly<Record<string, string>>
  cwd: string
  inherited: Readonly<Record<string, string | undefined>>
}

/** A program that has been told to end by the end of its stdin gets this long before it is killed. */
export const hostStopGraceMs = 2_000
const stderrCharsMax = 4_000

/** Starts a program of the host without a shell, in a process group of its own, which ends with the stream. */
export function startHostProcess({ command, args, env, cwd, inherited }: HostProgram): ServerProcess {
  const child = spawn(command, args, {
    cwd,
    env: { ...serverEnvironment(inherited), ...env },
    stdio: 'pipe',
    detached: true,
  })
  let stderr = ''
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    stderr = (stderr + text).slice(-stderrCharsMax)
  })
  const exited = new Promise<Awaited<ServerProcess['exited']>>((settle) => {
    child.once('error', (error) => settle({ exitCode: null, signal: null, stderr: error.message }))
    // Not 'close': what the program has started may hold its pipes open.
    child.once('exit', (exitCode, signal) => setImmediate(() => settle({ exitCode, signal, stderr })))
  })
  const stream = Duplex.from({ readable: child.stdout, writable: child.stdin })
  stream.once('close', () => stop(child))
  child.once('exit', () => killGroup(child))
  return { stream, exited }
}

function stop(child: ChildProcessWithoutNullStreams): void {
  child.stdin.end()
  const kill = setTimeout(() => killGroup(child), hostStopGraceMs)
  child.once('exit', () => clearTimeout(kill))
  if (child.exitCode !== null || child.signalCode !== null || child.pid === undefined) clearTimeout(kill)
}

/** Also when the program itself is gone: `npx` leaves its child behind. */
function killGroup({ pid }: ChildProcessWithoutNullStreams): void {
  if (pid === undefined) return
  try {
    process.kill(-pid, 'SIGKILL')
  } catch {
    // Nobody is left in it.
  }
}
