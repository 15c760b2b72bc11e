import { setTimeout as sleep } from 'node:timers/promises'
import type { Runner } from '../bash/runner.js'
import { signalFamily } from '../process/family.js'
import type { Command } from './command.js'

const killRounds = 5
const killRoundMs = 100

export interface StopOptions {
  runner: Runner
  reason: string
  graceMs: number
}

/**
 * Ends a command: INT, then KILL of its process group. In the foreground the shell survives, unless it is itself what
 * does not listen: a loop of builtins under `trap '' INT` goes down with its shell, and the next command gets a fresh one.
 */
export async function stopCommand(command: Command, options: StopOptions): Promise<void> {
  if (command.ending !== undefined || command.stopReason !== undefined) return
  command.stopReason = options.reason
  if (command.mode === 'background') return stopBackground(command, options)
  const { runner, graceMs } = options
  runner.interrupt()
  await endWithin(command, graceMs)
  for (let round = 0; round < killRounds && isRunning(command); round++) {
    runner.killForeground()
    await endWithin(command, killRoundMs)
  }
  if (isRunning(command)) runner.destroy()
}

async function stopBackground(command: Command, { graceMs }: StopOptions): Promise<void> {
  if (command.group === undefined) return
  signalFamily(command.group, 'SIGINT')
  await endWithin(command, graceMs)
  if (isRunning(command)) signalFamily(command.group, 'SIGKILL')
}

function isRunning(command: Command): boolean {
  return command.ending === undefined
}

/** Resolves when the command ends, at the latest after `ms`. */
async function endWithin(command: Command, ms: number): Promise<void> {
  const done = new AbortController()
  const onState = (): void => {
    if (command.ending !== undefined) done.abort()
  }
  command.events.on('state', onState)
  onState()
  await sleep(ms, undefined, { signal: done.signal }).catch(() => {})
  command.events.off('state', onState)
}
