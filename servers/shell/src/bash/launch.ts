import { spawn } from 'node:child_process'
import { closeSync, constants, openSync, writeSync } from 'node:fs'
import { nameOf, signalProcess } from '../process/signal.js'
import { createKeyboard, type Keyboard } from '../terminal/keyboard.js'
import { terminalSize } from '../terminal/size.js'
import type { Exit } from './runner.js'

export type PtyModule = Pick<typeof import('node-pty'), 'spawn'>

export interface LaunchOptions {
  /** Path of bash. */
  bash: string
  /** FIFO to be its standard input. */
  input: string
  rc: string
  cwd: string
  env: Readonly<Record<string, string>>
  pty: PtyModule | undefined
  onTerminalData(chunk: Buffer): void
}

/** A bash process that leads a session of its own, with a controlling terminal where there is node-pty. */
export interface Launched {
  readonly pid: number
  readonly exited: Promise<Exit>
  readonly keyboard: Keyboard | undefined
  /** Writes to the terminal as a program would, without waiting. Answers how many bytes it took; `undefined`: it is gone. */
  print(bytes: Buffer): number | undefined
  /** Lets go of the terminal, so that an exit is noticed at once. */
  letGo(): void
  destroy(): void
}

/** node-pty hands the masters of other sessions' terminals to its children: everything above 2 is closed first. */
const wrapper = `cd -- "$3" || exit
for fd in /dev/fd/*; do
  fd=\${fd##*/}
  if ((fd > 2)); then eval "exec $fd>&-"; fi
done
exec "$BASH" --noediting --noprofile --rcfile "$2" -i <"$1" >/dev/null 2>&1`

export function launchBash(options: LaunchOptions): Launched {
  return options.pty === undefined ? launchPlain(options) : launchInTerminal(options, options.pty)
}

function wrapperArgs({ input, rc, cwd }: LaunchOptions): string[] {
  return ['--noprofile', '--norc', '-c', wrapper, 'bash', input, rc, cwd]
}

function launchInTerminal(options: LaunchOptions, { spawn }: PtyModule): Launched {
  const pty = spawn(options.bash, wrapperArgs(options), {
    name: options.env.TERM ?? 'dumb',
    cols: terminalSize.columns,
    rows: terminalSize.rows,
    cwd: '/',
    env: { ...options.env },
    encoding: null,
  })
  // While somebody holds the slave side, `exec` in the shell does not hang up the terminal.
  let slave: number | undefined = openSync(pty.ptsName, constants.O_RDWR | constants.O_NOCTTY | constants.O_NONBLOCK)
  const keyboard = createKeyboard(pty.fd)
  const letGo = (): void => {
    // The master is open for as long as somebody holds the slave side.
    keyboard.close()
    if (slave !== undefined) closeSync(slave)
    slave = undefined
  }
  pty.onData(options.onTerminalData)
  const exited = new Promise<Exit>((resolve) => {
    pty.onExit(({ exitCode, signal }) => {
      letGo()
      resolve(
        signal === undefined || signal === 0
          ? { exitCode, signal: null }
          : { exitCode: null, signal: nameOf(signal) ?? `signal ${signal}` },
      )
    })
  })
  return {
    pid: pty.pid,
    exited,
    keyboard,
    print(bytes) {
      if (slave === undefined) return undefined
      try {
        return writeSync(slave, bytes)
      } catch {
        // EAGAIN: its output is held, or nobody reads it.
        return 0
      }
    },
    letGo,
    destroy() {
      signalProcess(pty.pid, 'SIGKILL')
      letGo()
    },
  }
}

function launchPlain(options: LaunchOptions): Launched {
  const child = spawn(options.bash, wrapperArgs(options), {
    cwd: '/',
    env: { ...options.env },
    stdio: 'ignore',
    detached: true,
  })
  const exited = new Promise<Exit>((resolve) => {
    child.once('exit', (exitCode, signal) => resolve({ exitCode, signal }))
    child.once('error', () => resolve({ exitCode: null, signal: null }))
  })
  const pid = child.pid ?? -1
  return {
    pid,
    exited,
    keyboard: undefined,
    print: () => undefined,
    letGo: () => {},
    destroy: () => void signalProcess(pid, 'SIGKILL'),
  }
}
