import { Worker } from 'node:worker_threads'
import type { Log } from '@auroracoder/kit'
import { finish, type LookList, lookRoundOf, takePortions } from './look-round.js'
import type { LookMessage } from './look-worker.js'

/** Looks at directories for changes, at many with a second thread. */
export interface Looks {
  /**
   * Lets the second thread begin, so that something else can be done meanwhile. The call that it answers looks at the
   * rest, and tells the indexes of those that are no longer as they were.
   */
  begin(list: LookList): () => number[]
  close(): Promise<void>
}

interface Options {
  log: Log
  workerFile?: URL
}

/** With fewer, a thread is not worth its memory. */
export const sharedMin = 2_000

/**
 * The second thread is started at the first call that is worth it. It is help and no more: whatever it has not done
 * when the first thread is through with the rest, because it is still starting, or slow, or dead, the first thread does.
 */
export function createLooks({ log, workerFile = new URL('./look-worker.js', import.meta.url) }: Options): Looks {
  let helper: Helper | 'none' | undefined

  const onEnd = (error?: unknown): void => {
    if (helper !== 'none') log.warn('the second thread of search_files is gone: searches take longer', { err: error })
    helper = 'none'
  }
  const helperFor = ({ paths }: LookList): Helper | undefined => {
    if (paths.length < sharedMin) return undefined
    try {
      helper ??= startHelper(workerFile, onEnd)
    } catch (error) {
      onEnd(error)
    }
    return helper === 'none' ? undefined : helper
  }

  return {
    begin(list) {
      const round = lookRoundOf(list)
      helperFor(list)?.help(list, round)
      return () => {
        takePortions(list, round)
        finish(list, round)
        return [...placesOfOnes(round.changed)]
      }
    },
    async close() {
      const started = helper
      helper = 'none'
      if (started !== 'none') await started?.end()
    },
  }
}

function* placesOfOnes(flags: Uint8Array): Generator<number> {
  for (let at = flags.indexOf(1); at >= 0; at = flags.indexOf(1, at + 1)) yield at
}

interface Helper {
  help(list: LookList, round: LookMessage['round']): void
  end(): Promise<unknown>
}

function startHelper(file: URL, onEnd: (error?: unknown) => void): Helper {
  // The flags that this process was started with are not meant for it.
  const worker = new Worker(file, { execArgv: [], resourceLimits: { maxYoungGenerationSizeMb: youngMbMax } })
  let sent: LookList | undefined
  worker.on('error', onEnd)
  worker.on('exit', () => onEnd())
  worker.unref()
  return {
    help(list, round) {
      const known = list === sent
      sent = list
      const message: LookMessage = known ? { round } : { round, list: { ...list, paths: list.paths.join('\0') } }
      worker.postMessage(message)
    },
    end: () => worker.terminate(),
  }
}

/** What looks leave behind is dropped at once; by default it would be let grow to 16 MB and more. */
const youngMbMax = 2
