import { randomBytes } from 'node:crypto'
import { mkdirSync, readdirSync, rmSync } from 'node:fs'
import { hostname } from 'node:os'
import { join } from 'node:path'
import { exists, readStat } from '../process/stat.js'
import { sweep } from '../process/sweep.js'

/** Files of this run of the server: FIFOs and outputs. Gone when it ends. */
export interface RunFolder {
  readonly path: string
  readonly name: string
  /** Short and different in each run: a command id of an earlier run is never taken for one of this. */
  readonly tag: string
  /** How the mark of everything that runs in its sessions begins. */
  readonly mark: string
  remove(): void
}

export function openRunFolder(stateDir: string): RunFolder {
  const runs = join(stateDir, 'runs')
  mkdirSync(runs, { recursive: true, mode: 0o700 })
  // Process ids mean nothing between machines or containers that share the folder.
  const host = hostname().replace(/[^A-Za-z0-9-]/g, '_')
  for (const name of deadRuns(runs, host)) {
    rmSync(join(runs, name), { recursive: true, force: true })
    void sweep([{ mark: markOf(name), shells: new Set() }])
  }
  const random = randomBytes(4).toString('hex')
  const name = `${host}.${process.pid}.${startOf(process.pid)}.${random}`
  const path = join(runs, name)
  mkdirSync(path, { mode: 0o700 })
  const remove = (): void => rmSync(path, { recursive: true, force: true })
  return { path, name, tag: `c${random.slice(0, 3)}`, mark: markOf(name), remove }
}

/** Of servers on this host that were killed: what they left is ended and removed. */
function deadRuns(runs: string, host: string): string[] {
  return readdirSync(runs).filter((name) => {
    const [owner, pid, start] = name.split('.')
    return owner === host && !(exists(Number(pid)) && startOf(Number(pid)) === start)
  })
}

/** Tells two processes apart that had the same number, as the first of every container has; empty where it is not known. */
function startOf(pid: number): string {
  return `${readStat(pid)?.startedAt ?? ''}`
}

/** Ends in a slash, and the number of a session as well: no mark is the beginning of another. */
function markOf(run: string): string {
  return `AURORACODER_SHELL_SESSION=${run}/`
}
