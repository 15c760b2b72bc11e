import { writeSync } from 'node:fs'
import { errorCode } from '@auroracoder/kit/jail'

/** What is typed into a terminal, and waits there for a program that reads it. */
export interface Keyboard {
  /** False when so much is waiting already that this was not typed. */
  type(text: string): boolean
  /** What has not reached the terminal yet is not typed. */
  forget(): void
  close(): void
}

/** Bytes that wait outside of the terminal, which takes in some 4,096 itself. */
export const typedBytesMax = 256 * 1024
const pieceBytesMax = 1_024
const retryMs = 20

/**
 * Writes to the master side of a terminal, which does not block, and never waits for it: the stream of node-pty would
 * stop the whole process until somebody reads. The descriptor must stay open until `close`.
 */
export function createKeyboard(master: number): Keyboard {
  let waiting = Buffer.alloc(0)
  let timer: NodeJS.Timeout | undefined
  let isClosed = false

  const forget = (): void => {
    clearTimeout(timer)
    timer = undefined
    waiting = Buffer.alloc(0)
  }
  /** Answers how many bytes the terminal took. */
  const write = (): number => {
    try {
      return writeSync(master, waiting, 0, Math.min(waiting.length, pieceBytesMax))
    } catch (error) {
      if (!isFull(error)) forget()
      return 0
    }
  }
  const press = (): void => {
    timer = undefined
    for (let count = write(); count > 0; count = waiting.length > 0 ? write() : 0) waiting = waiting.subarray(count)
    if (waiting.length === 0) return
    timer = setTimeout(press, retryMs)
    timer.unref()
  }

  return {
    type(text) {
      const bytes = Buffer.from(text)
      if (isClosed || waiting.length + bytes.length > typedBytesMax) return false
      waiting = Buffer.concat([waiting, bytes])
      if (timer === undefined) press()
      return true
    },
    forget,
    close() {
      isClosed = true
      forget()
    },
  }
}

function isFull(error: unknown): boolean {
  return errorCode(error) === 'EAGAIN'
}
