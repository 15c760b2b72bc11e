import { randomBytes } from 'node:crypto'
import { mkdirSync, readdirSync, rmSync } from 'node:fs'
import { hostname } from 'node:os'
import { join } from 'node:path'

/** Files of this run of the server: FIFOs and outputs. Gone when it ends. */
export interface RunFolder {
  readonly path: string
  readonly name: string
  /** Short and different in each run: a command id of an earlier run is never taken for one of this. */
  readonly tag: string
  remove(): void
}

export function openRunFolder(stateDir: string): RunFolder {
  const runs = join(stateDir, 'runs')
  mkdirSync(runs, { recursive: true, mode: 0o700 })
  // Process ids mean nothing between machines or containers that share the folder.
  const host = hostname().replace(/[^A-Za-z0-9-]/g, '_')
  removeLeftovers(runs, host)
  const random = randomBytes(4).toString('hex')
  const name = `${host}.${process.pid}.${random}`
  const path = join(runs, name)
  mkdirSync(path, { mode: 0o700 })
  return { path, name, tag: `c${random.slice(0, 3)}`, remove: () => rmSync(path, { recursive: true, force: true }) }
}

/** Of servers on this host that were killed. */
function removeLeftovers(runs: string, host: string): void {
  for (const name of readdirSync(runs)) {
    const [owner, pid] = name.split('.')
    if (owner === host && !exists(Number(pid))) rmSync(join(runs, name), { recursive: true, force: true })
  }
}

function exists(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return true
  } catch (error) {
    return error instanceof Error && 'code' in error && error.code === 'EPERM'
  }
}
