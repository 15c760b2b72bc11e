import { setTimeout as sleep } from 'node:timers/promises'
import type { Runner } from '../bash/runner.js'
import { familyOf, signalFamily } from '../process/family.js'
import { type Signal, signalProcess } from '../process/signal.js'
import { commandLine, isAlive } from '../process/stat.js'
import type { Command } from './command.js'

export interface Signalled {
  pid: number
  name: string
}

export interface SignalResult {
  ended: Signalled[]
  alive: Signalled[]
}

export interface SignalOptions {
  runner: Runner
  signal: Signal
}

const reactionMsMax = 1_000
const lookMs = 20

/** Signals the process group of a running command, and looks what that ended. */
export async function signalCommand(command: Command, { runner, signal }: SignalOptions): Promise<SignalResult> {
  const targets = targetsOf(command, runner)
  command.stopReason ??= `signal_terminal sent ${signal}`
  send(command, { runner, signal }, targets)
  const isOver = (): boolean => command.ending !== undefined && !targets.some(({ pid }) => isAlive(pid))
  const reaction = async (): Promise<void> => {
    for (let waitedMs = 0; waitedMs < reactionMsMax && !isOver(); waitedMs += lookMs) await sleep(lookMs)
  }
  await reaction()
  if (command.ending === undefined) {
    if (signal === 'SIGKILL' && command.mode !== 'background') {
      // A loop of builtins that ignores INT is the shell itself, as is one that was stopped.
      runner.destroy()
      await reaction()
    } else command.stopReason = undefined
  }
  return {
    ended: targets.filter(({ pid }) => !isAlive(pid)),
    alive: targets.filter(({ pid }) => isAlive(pid)),
  }
}

function targetsOf(command: Command, runner: Runner): Signalled[] {
  if (command.mode !== 'background') return runner.foreground().map(named)
  return command.group === undefined ? [] : familyOf(command.group).map(({ pid }) => named(pid))
}

function named(pid: number): Signalled {
  return { pid, name: commandLine(pid) }
}

function send(command: Command, { runner, signal }: SignalOptions, targets: readonly Signalled[]): void {
  if (command.mode === 'background') {
    if (command.group !== undefined) signalFamily(command.group, signal)
  } else if (signal === 'SIGINT') {
    runner.interrupt()
  } else if (signal === 'SIGKILL') {
    runner.killForeground()
  } else {
    for (const { pid } of targets) signalProcess(pid, signal)
  }
}
