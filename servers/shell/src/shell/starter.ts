import type { Log } from '@auroracoder/kit'
import { startBash } from '../bash/bash.js'
import { bashVersionMin, findBash } from '../bash/find-bash.js'
import type { PtyModule } from '../bash/launch.js'
import type { Runner } from '../bash/runner.js'
import { createSh } from '../oneshot/sh.js'
import type { RunnerStart } from '../session/shells.js'

export interface StarterOptions {
  /** Environment of the commands. */
  env: Readonly<Record<string, string>>
  log: Log
  /** Loaded with the first command: it is not needed to answer `initialize`. */
  loadPty(): Promise<PtyModule>
}

/** Starts what this machine has: bash in a terminal, bash without one, or `sh` for each command. */
export interface Starter {
  start(start: RunnerStart): Promise<Runner>
  /** What is missing here, once the first command has found out. */
  missing(): string | undefined
}

export function createStarter({ env, log, loadPty }: StarterOptions): Starter {
  let found: Promise<{ bash: string | undefined; pty: PtyModule | undefined }> | undefined
  let missing: string | undefined
  const look = async (): Promise<{ bash: string | undefined; pty: PtyModule | undefined }> => {
    const [bash, pty] = await Promise.all([
      findBash(env.PATH ?? ''),
      loadPty().catch((error: unknown) => {
        log.warn('node-pty could not be loaded', { err: error })
        return undefined
      }),
    ])
    if (bash === undefined) {
      missing = `Bash ${bashVersionMin} or newer was not found: each command runs in a fresh "sh", and nothing carries over.`
    } else if (pty === undefined) {
      missing =
        'node-pty could not be loaded: commands have no terminal ("tty" and prompts on it do not work). To get one, install ' +
        'it beside this server: npm install node-pty@npm:@lydell/node-pty (prebuilt for macOS, and Linux with glibc 2.28 or newer).'
    }
    return { bash, pty }
  }
  return {
    missing: () => missing,
    async start(start) {
      found ??= look()
      const { bash, pty } = await found
      return bash === undefined ? createSh({ ...start, env }) : startBash({ ...start, program: bash, pty, env })
    },
  }
}
