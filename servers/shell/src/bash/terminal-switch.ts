import { setTimeout as sleep } from 'node:timers/promises'

/** Sends what appears on the terminal to the command that runs there, else to whoever watches for prompts. */
export interface TerminalSwitch {
  onData(chunk: Buffer): void
  follow(onOutput: (chunk: Buffer) => void): void
  /** The terminal's line discipline hands data on a moment later than a pipe: waits for silence, then stops following. */
  settle(): Promise<void>
}

const quietMs = 15

export function createTerminalSwitch(onOther: (chunk: Buffer) => void): TerminalSwitch {
  let follower: ((chunk: Buffer) => void) | undefined
  let chunks = 0
  return {
    onData(chunk) {
      chunks += 1
      const target = follower ?? onOther
      target(chunk)
    },
    follow(onOutput) {
      follower = onOutput
    },
    async settle() {
      for (let before = -1; before !== chunks; ) {
        before = chunks
        await sleep(quietMs)
      }
      follower = undefined
    },
  }
}
