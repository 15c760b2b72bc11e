import { setTimeout as sleep } from 'node:timers/promises'
import type { Launched } from './launch.js'

/** Sends what appears on the terminal to the command that runs there, else to whoever watches for prompts. */
export interface TerminalSwitch {
  onData(chunk: Buffer): void
  follow(onOutput: (chunk: Buffer) => void): void
  /** Resolves when everything that was written so far has been handed on, and stops following. */
  settle(): Promise<void>
}

export interface TerminalSwitchOptions {
  onOther(chunk: Buffer): void
  print: Launched['print']
  /** Lets output go on that was held with C-s. */
  letGoOn(): void
  nonce: string
}

/** Between the tries to write to a terminal whose output is held; after the first ones it is let go on. */
const pausesMs = [5, 10]
const pausesLetGoMs = [5, 10, 20, 40]
const settleMsMax = 1_000

/**
 * The line discipline hands data on later than a pipe, and in order: what follows our own mark was not written before it.
 * The mark is an operating system command (ECMA-48, 8.3.89), in capitals and digits: no output mode of a terminal changes it.
 */
export function createTerminalSwitch({ onOther, print, letGoOn, nonce }: TerminalSwitchOptions): TerminalSwitch {
  const sign = Buffer.from(`\x1b]AC${nonce.toUpperCase()}\x07`)
  let follower: ((chunk: Buffer) => void) | undefined
  let found: (() => void) | undefined
  let held = Buffer.alloc(0)

  const handOn = (chunk: Buffer): void => {
    if (chunk.length === 0) return
    const target = follower ?? onOther
    target(chunk)
  }
  const release = (): void => {
    const rest = held
    held = Buffer.alloc(0)
    handOn(rest)
  }
  /** False when the terminal is gone, or takes nothing. */
  const place = async (): Promise<boolean> => {
    let rest = sign
    for (const [tries, ms] of [0, ...pausesMs, ...pausesLetGoMs].entries()) {
      if (ms > 0) await sleep(ms)
      const count = print(rest)
      if (count === undefined) return false
      rest = rest.subarray(count)
      if (rest.length === 0) return true
      if (tries === pausesMs.length) letGoOn()
    }
    return false
  }
  return {
    onData(chunk) {
      if (found === undefined) return handOn(chunk)
      const bytes = Buffer.concat([held, chunk])
      const at = bytes.indexOf(sign)
      const end = at < 0 ? bytes.length - beginningAtEnd(bytes, sign) : at
      held = Buffer.alloc(0)
      handOn(bytes.subarray(0, end))
      if (at < 0) {
        held = Buffer.from(bytes.subarray(end))
        return
      }
      found()
      handOn(bytes.subarray(at + sign.length))
    },
    follow(onOutput) {
      follower = onOutput
    },
    async settle() {
      const arrived = new Promise<void>((resolve) => {
        found = () => {
          found = undefined
          follower = undefined
          resolve()
        }
      })
      if (await place()) await Promise.race([arrived, sleep(settleMsMax, undefined, { ref: false })])
      release()
      found?.()
    },
  }
}

/** How many bytes at the end of `bytes` are the beginning of `sign`. */
function beginningAtEnd(bytes: Buffer, sign: Buffer): number {
  for (let length = Math.min(sign.length - 1, bytes.length); length > 0; length--) {
    if (bytes.subarray(-length).equals(sign.subarray(0, length))) return length
  }
  return 0
}
