import type { Command } from '../session/command.js'
import { plainText } from '../text/plain.js'

export interface WaitOptions {
  ms: number
  signal: AbortSignal
  /** Receives new output while the wait goes on. */
  progress(message: string): void
}

const progressMs = 1_000
const progressBytesMax = 600

/** Resolves the moment the command ends or asks for input, at the latest after `ms` or when the call is cancelled. */
export async function waitFor(command: Command, { ms, signal, progress }: WaitOptions): Promise<void> {
  const isSettled = (): boolean => command.ending !== undefined || command.prompt !== undefined || signal.aborted
  if (isSettled() || ms <= 0) return
  const stopTelling = tellOutput(command, progress)
  try {
    await new Promise<void>((resolve) => {
      const onState = (): void => {
        if (isSettled()) finish()
      }
      const finish = (): void => {
        clearTimeout(timer)
        command.events.off('state', onState)
        signal.removeEventListener('abort', finish)
        resolve()
      }
      const timer = setTimeout(finish, ms)
      command.events.on('state', onState)
      signal.addEventListener('abort', finish)
    })
  } finally {
    stopTelling()
  }
}

/** New output in batches, the last of it when there is much. */
function tellOutput({ events, spool }: Command, progress: (message: string) => void): () => void {
  let told = spool.size()
  let timer: NodeJS.Timeout | undefined
  const tell = (): void => {
    timer = undefined
    const size = spool.size()
    const text = plainText(spool.read(Math.max(told, size - progressBytesMax), size).toString('utf8')).trim()
    told = size
    if (text !== '') progress(text)
  }
  const onOutput = (): void => {
    timer ??= setTimeout(tell, progressMs)
  }
  events.on('output', onOutput)
  return () => {
    clearTimeout(timer)
    events.off('output', onOutput)
  }
}
