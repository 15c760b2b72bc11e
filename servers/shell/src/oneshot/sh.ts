import { type ChildProcess, spawn } from 'node:child_process'
import { constants } from 'node:os'
import { setImmediate as turn } from 'node:timers/promises'
import type { Report, Runner, RunnerEvents, RunRequest } from '../bash/runner.js'
import { familyOf } from '../process/family.js'
import { signalGroup } from '../process/signal.js'

export interface ShOptions extends RunnerEvents {
  cwd: string
  env: Readonly<Record<string, string>>
}

/** Where there is no bash: a fresh `sh -c` for each command. Directory, variables and jobs do not outlive it. */
export function createSh(options: ShOptions): Runner {
  const children = new Map<number, ChildProcess>()
  let foreground: ChildProcess | undefined

  const start = ({ id, text, cwd, env, onOutput }: RunRequest): ChildProcess => {
    const child = spawn('sh', ['-c', `exec 2>&1\n${text}`], {
      cwd: cwd ?? options.cwd,
      env: { ...options.env, ...env },
      stdio: ['ignore', 'pipe', 'ignore'],
      // A process group of its own, so that it can be signalled as one.
      detached: true,
    })
    children.set(id, child)
    child.stdout.on('data', onOutput)
    child.stdout.once('close', () => children.delete(id))
    return child
  }
  const signalForeground = (signal: 'SIGINT' | 'SIGKILL'): void => {
    if (foreground?.pid !== undefined) signalGroup(foreground.pid, signal)
  }

  return {
    pid: -1,
    hasTerminal: false,
    exited: new Promise(() => {}),
    async run(request) {
      const cwd = request.cwd ?? options.cwd
      const child = start(request)
      if (request.mode === 'background') {
        void exitOf(child).then((exitCode) => options.onEnded(request.id, exitCode))
        return { kind: 'behind', pid: child.pid ?? -1, cwd }
      }
      foreground = child
      const exitCode = await exitOf(child)
      foreground = undefined
      return { kind: 'done', exitCode, cwd } satisfies Report
    },
    deafen: (id) => void children.get(id)?.stdout?.destroy(),
    isAlive: () => true,
    isDeserted: () => children.size === 0,
    type: () => false,
    foreground: () => (foreground?.pid === undefined ? [] : familyOf(foreground.pid).map(({ pid }) => pid)),
    interrupt: () => signalForeground('SIGINT'),
    killForeground: () => signalForeground('SIGKILL'),
    isReadingTerminal: () => false,
    destroy() {
      for (const child of children.values()) {
        if (child.pid !== undefined) signalGroup(child.pid, 'SIGKILL')
        child.stdout?.destroy()
      }
    },
  }
}

/** Exit code by the shell's convention: 128 and the number of the signal. Output that is already in the pipe has been read. */
async function exitOf(child: ChildProcess): Promise<number> {
  const exitCode = await new Promise<number>((resolve) => {
    child.once('exit', (code, signal) => resolve(code ?? 128 + (signal === null ? 0 : constants.signals[signal])))
    child.once('error', () => resolve(exitCodeNotStarted))
  })
  for (let idle = 0; idle < 2 && child.stdout?.closed === false; idle++) await turn()
  return exitCode
}

const exitCodeNotStarted = 127
