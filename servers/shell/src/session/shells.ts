import { existsSync, mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { Failure } from '@auroracoder/kit'
import type { Runner, RunnerEvents } from '../bash/runner.js'
import type { Snapshot } from './snapshot.js'

export interface RunnerStart extends RunnerEvents {
  /** Not made yet; for this runner alone. */
  folder: string
  cwd: string
  mark: string
  /** State to take over. */
  snapshot: string | undefined
  onSaved(draft: string): void
}

export interface ShellsOptions extends RunnerEvents {
  /** Of the session; removed with it. */
  folder: string
  /** Where the session began. */
  cwd: string
  mark: string
  snapshot: Snapshot
  startRunner(start: RunnerStart): Promise<Runner>
  now(): number
  /** Whether a dead shell still has to report the end of background commands. */
  isNeeded(runner: Runner): boolean
}

/** How the shell began that runs a command: with the state of an earlier one, or without, although there was one. */
export type Beginning = 'took_over' | 'state_lost' | undefined

export interface StartedRunner {
  runner: Runner
  beginning: Beginning
}

/** The shell of a session, and those before it that others still write through. */
export interface Shells {
  living(): Runner | undefined
  /** The living shell, or a fresh one that takes over the state. */
  obtain(cwd: string): Promise<StartedRunner>
  replace(cwd: string): Promise<StartedRunner>
  /** Ends all of them; none is started after that. */
  release(): void
}

export function createShells(options: ShellsOptions): Shells {
  const { snapshot } = options
  const dead = new Set<Runner>()
  let runner: Runner | undefined
  let started = 0
  let hadShell = false
  let isReleased = false

  const destroyDeserted = (): void => {
    for (const old of dead) {
      if (old.isDeserted() && !options.isNeeded(old) && dead.delete(old)) old.destroy()
    }
  }
  const replace = async (cwd: string): Promise<StartedRunner> => {
    destroyDeserted()
    if (isReleased) throw closed()
    // Made anew when somebody removed it.
    mkdirSync(options.folder, { recursive: true, mode: 0o700 })
    snapshot.makeFolder()
    started += 1
    const earlier = join(options.folder, `state${started}`)
    const isClaimed = snapshot.claim(earlier, options.now())
    const beginning = isClaimed ? 'took_over' : lostAfter(hadShell)
    const fresh = await options.startRunner({
      ...options,
      cwd: existingOf(cwd, options.cwd),
      folder: join(options.folder, `shell${started}`),
      snapshot: isClaimed ? earlier : undefined,
      onSaved: snapshot.publish,
    })
    if (isReleased) {
      fresh.destroy()
      throw closed()
    }
    runner = fresh
    hadShell = true
    void fresh.exited.then(() => {
      dead.add(fresh)
      if (runner === fresh) runner = undefined
    })
    return { runner: fresh, beginning }
  }

  return {
    living: () => runner,
    obtain: async (cwd) => (runner?.isAlive() ? { runner, beginning: undefined } : replace(cwd)),
    replace,
    release() {
      isReleased = true
      for (const each of dead) each.destroy()
      runner?.destroy()
    },
  }
}

function lostAfter(hadShell: boolean): Beginning {
  return hadShell ? 'state_lost' : undefined
}

function closed(): Failure {
  return new Failure('The session was closed before the command could start.')
}

/** A shell never starts anywhere else: what was meant for a folder that has gone must not run in the user's home. */
function existingOf(cwd: string, first: string): string {
  const found = [cwd, first].find((path) => existsSync(path))
  if (found !== undefined) return found
  throw new Failure(`The directory ${first} has gone, so there is nowhere to run the command. Nothing was run.`)
}
