import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'
import { Duplex } from 'node:stream'
import { fileURLToPath } from 'node:url'

const folder = fileURLToPath(new URL('../../dist/inside/', import.meta.url))

export interface Inside {
  child: ChildProcess
  /** Its standard input and output. */
  stream: Duplex
  /** The first line that it says on standard error. */
  said: Promise<string>
  exited: Promise<unknown>
}

/** Runs a program of the image, as it was built, on this machine. */
export function startInside(program: 'egress' | 'ingress', args: readonly string[] = []): Inside {
  const child = spawn(process.execPath, [`${folder}${program}.js`, ...args], { stdio: ['pipe', 'pipe', 'pipe'] })
  const said = once(createInterface(child.stderr), 'line').then(([line]) => String(line))
  return {
    child,
    stream: Duplex.from({ readable: child.stdout, writable: child.stdin }),
    said,
    exited: once(child, 'exit'),
  }
}
