import type { TerminalLook } from '../process/foreground.js'
import { plainText } from '../text/plain.js'

export interface PromptWatchOptions {
  isReadingTerminal(look: TerminalLook): boolean
  /** A program waits for input; `text` is what it wrote last, which may be nothing. `undefined`: none does any more. */
  onPrompt(text: string | undefined): void
  /** All that the command writes goes to the terminal. */
  isOnTerminal: boolean
}

/** Notices that the command in the foreground asks something on the terminal: it has fallen silent, and reads there. */
export interface PromptWatch {
  /** Something appeared on the terminal. */
  saw(chunk: Buffer): void
  /** The command wrote something elsewhere: many ask on stderr and read from the terminal. */
  wrote(chunk: Buffer): void
  /** Looks now. */
  look(): void
  /** The question was answered; what comes next is a new one. */
  answered(): void
  stop(): void
}

const promptCharsMax = 500
/** Pauses between looks while nothing happens. Each look goes through all processes. */
const looksMs = {
  /** After something appeared on the terminal, which is most often a question. */
  seen: [60, 100, 140, 400, 1_000],
  other: [200, 500, 2_000],
} as const
/** Programs look into the terminal in passing too, and what they wrote may still be on its way: two looks must agree. */
const confirmMs = 40
/** Silence of so many looks shows that a program whose event loop listens to the terminal has nothing else to do. */
const patientFrom = 3

export function createPromptWatch(options: PromptWatchOptions): PromptWatch {
  let seen = ''
  let written = ''
  let timer: NodeJS.Timeout | undefined
  let quietLooks = 0
  let chunks = 0
  let isStopped = false
  const question = (): string => {
    const asked = plainText(seen).trim()
    if (asked === '') return lastLine(written)
    return options.isOnTerminal ? lastLine(asked) : asked
  }
  const isReading = (): boolean =>
    options.isReadingTerminal({
      inDoubt: seen.trim() !== '',
      isListeningEnough: options.isOnTerminal && quietLooks >= patientFrom,
    })
  const tell = (isAsking: boolean): void => options.onPrompt(isAsking ? question() : undefined)

  /** Calls back unless something is written in the meantime. */
  const afterSilence = (ms: number, then: () => void): void => {
    clearTimeout(timer)
    if (isStopped) return
    timer = setTimeout(() => {
      // What has been written already is read first: a busy server is late with timers and with reading.
      const before = chunks
      setImmediate(() => {
        if (chunks === before && !isStopped) then()
      })
    }, ms)
    timer.unref()
  }
  const lookLater = (round: number): void => {
    clearTimeout(timer)
    quietLooks = round
    const ms = (seen === '' ? looksMs.other : looksMs.seen)[round]
    if (ms === undefined) return
    const goOn = (): void => {
      tell(false)
      lookLater(round + 1)
    }
    const confirm = (): void => (isReading() ? tell(true) : goOn())
    afterSilence(ms, () => (isReading() ? afterSilence(confirmMs, confirm) : goOn()))
  }
  const add = (text: string, chunk: Buffer): string => {
    chunks += 1
    return (text + chunk.subarray(-promptBytesMax).toString('utf8')).slice(-promptCharsMax)
  }
  lookLater(0)
  return {
    saw(chunk) {
      seen = add(seen, chunk)
      lookLater(0)
    },
    wrote(chunk) {
      written = add(written, chunk)
      lookLater(0)
    },
    look: () => tell(isReading()),
    answered() {
      seen = ''
      written = ''
      lookLater(0)
    },
    stop() {
      isStopped = true
      clearTimeout(timer)
    },
  }
}

const promptBytesMax = 4 * promptCharsMax

/** A question leaves the cursor behind it: what ends with its line is none. */
function lastLine(text: string): string {
  return plainText(text.slice(text.lastIndexOf('\n') + 1)).trim()
}
