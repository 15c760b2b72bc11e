import { setTimeout } from 'node:timers/promises'
import type { ExitReport, ServerProcess } from '../sandbox.js'
import { type ExecOptions, type Inside, killedExitCode, runInside, shell, startInside } from './exec.js'

/** A server that has been told to end by the end of its stdin gets this long before it is killed. */
export const stopGraceMs = 2_000

/** By it a program inside is found again, with what it has started; nothing has to be kept that somebody could change. */
const markVariable = 'AURORACODER_PROCESS'

const reasonPolls = { countMax: 10, everyMs: 50 }
const killOutputBytesMax = 1_000

export interface InnerServerOptions extends ExecOptions {
  /** Unique in the container. */
  name: string
  /** Why it may have ended, when the reason lies outside of it. */
  reasonOf(): Promise<string | undefined>
  /** Called when it can neither hear nor be killed, as in a container that somebody has paused. */
  giveUp(): Promise<unknown>
}

/** A running program that a closed stream ends, also when it hangs: the engine by itself would leave it alone. */
export async function startInnerServer(inside: Inside, options: InnerServerOptions): Promise<ServerProcess> {
  const { name, reasonOf, giveUp, ...start } = options
  const inner = await startInside(inside, { ...start, env: { ...start.env, [markVariable]: name } })
  let isOver = false
  const exited = inner.ended.then(async ({ exitCode, stderr }): Promise<ExitReport> => {
    isOver = true
    const reason =
      exitCode === 0
        ? undefined
        : await outerReason({ reasonOf, mayFollow: exitCode === null || exitCode === killedExitCode })
    return { exitCode, signal: null, stderr, ...(reason === undefined ? {} : { reason }) }
  })
  inner.stream.once('close', () => void killUnlessOver())

  async function killUnlessOver(): Promise<void> {
    await Promise.race([exited, setTimeout(stopGraceMs, undefined, { ref: false })])
    if (isOver) return
    const kill = runInside(inside, {
      user: start.user,
      cwd: '/',
      command: [shell, '-c', killMarked, `${markVariable}=${name}`],
      outputBytesMax: killOutputBytesMax,
    })
    const { exitCode } = await kill.catch(() => ({ exitCode: null }))
    // Without one there was nothing to kill, or nobody to do it.
    if (exitCode !== 0 && !isOver) await giveUp().catch(() => {})
  }

  return { stream: inner.stream, exited }
}

/** A container that is being removed says so a moment after its processes were killed. */
async function outerReason({ reasonOf, mayFollow }: { reasonOf: InnerServerOptions['reasonOf']; mayFollow: boolean }) {
  for (let poll = 0; poll < reasonPolls.countMax; poll += 1) {
    const reason = await reasonOf()
    if (reason !== undefined || !mayFollow) return reason
    await setTimeout(reasonPolls.everyMs)
  }
  return undefined
}

/** Succeeds when there was one. Names of programs are whole, and `kill` is the shell's own: the agent has a PATH. */
const killMarked = `
found=1
for file in $(/bin/grep -lsxzF -e "$0" /proc/[0-9]*/environ); do
  pid="\${file#/proc/}"
  kill -9 "\${pid%/environ}" && found=0
done
exit "$found"`
