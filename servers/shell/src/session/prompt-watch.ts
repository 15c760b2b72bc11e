import type { TerminalLook } from '../process/foreground.js'
import { plainText } from '../text/plain.js'

export interface PromptWatchOptions {
  isReadingTerminal(look: TerminalLook): boolean
  /** A program waits for input; `text` is what it wrote last, which may be nothing. `undefined`: none does any more. */
  onPrompt(text: string | undefined): void
  /** All that the command writes goes to the terminal: what it asks is in the last line. */
  isLastLineOnly: boolean
}

/** Notices that the command in the foreground asks something on the terminal: it wrote there, fell silent, and reads. */
export interface PromptWatch {
  saw(chunk: Buffer): void
  /** Looks now: a program may ask without a word. */
  look(): void
  /** The question was answered; what comes next is a new one. */
  answered(): void
  stop(): void
}

const promptCharsMax = 500
const quietMs = 60
const looksMs = [quietMs, 100, 140, 400, 1_000]
/** Silence of so many looks shows that a program whose event loop listens to the terminal has nothing else to do. */
const patientFrom = 3

export function createPromptWatch(options: PromptWatchOptions): PromptWatch {
  let text = ''
  let timer: NodeJS.Timeout | undefined
  let quietLooks = 0
  let chunks = 0
  let isStopped = false
  const question = (): string => {
    const asked = plainText(text).trim()
    return options.isLastLineOnly ? asked.slice(asked.lastIndexOf('\n') + 1) : asked
  }
  const look = (): boolean => {
    const isReading = options.isReadingTerminal({
      inDoubt: text.trim() !== '',
      isListeningEnough: options.isLastLineOnly && quietLooks >= patientFrom,
    })
    options.onPrompt(isReading ? question() : undefined)
    return isReading
  }
  const lookLater = (round: number): void => {
    clearTimeout(timer)
    quietLooks = round
    const ms = looksMs[round]
    if (ms === undefined) return
    timer = setTimeout(() => {
      // What has been written already is read first: a busy server is late with timers and with reading.
      const seen = chunks
      setImmediate(() => {
        if (chunks === seen && !isStopped && !look()) lookLater(round + 1)
      })
    }, ms)
    timer.unref()
  }
  return {
    saw(chunk) {
      chunks += 1
      text = (text + chunk.toString('utf8')).slice(-promptCharsMax)
      lookLater(0)
    },
    look: () => void look(),
    answered() {
      text = ''
      lookLater(0)
    },
    stop() {
      isStopped = true
      clearTimeout(timer)
    },
  }
}
