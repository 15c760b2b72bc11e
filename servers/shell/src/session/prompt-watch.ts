import { plainText } from '../text/plain.js'

export interface PromptWatchOptions {
  /** `inDoubt` is the answer when it cannot be seen. */
  isReadingTerminal(inDoubt: boolean): boolean
  /** A program waits for input; `text` is what it wrote last, which may be nothing. `undefined`: none does any more. */
  onPrompt(text: string | undefined): void
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

export function createPromptWatch({ isReadingTerminal, onPrompt }: PromptWatchOptions): PromptWatch {
  let text = ''
  let timer: NodeJS.Timeout | undefined
  const look = (): boolean => {
    const isReading = isReadingTerminal(text.trim() !== '')
    onPrompt(isReading ? plainText(text).trim() : undefined)
    return isReading
  }
  const lookLater = (round: number): void => {
    clearTimeout(timer)
    const ms = looksMs[round]
    if (ms === undefined) return
    timer = setTimeout(() => {
      if (!look()) lookLater(round + 1)
    }, ms)
    timer.unref()
  }
  return {
    saw(chunk) {
      text = (text + chunk.toString('utf8')).slice(-promptCharsMax)
      lookLater(0)
    },
    look: () => void look(),
    answered() {
      text = ''
      lookLater(0)
    },
    stop: () => clearTimeout(timer),
  }
}
