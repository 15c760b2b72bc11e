import { setTimeout } from 'node:timers/promises'
import type { Container } from 'dockerode'
import { z } from 'zod'

export interface ProcessWatchOptions {
  container: Container
  processesMax: number
  /** Told once, with a clause, when nothing can be started inside any more. */
  onFull(reason: string): void
}

/** A build may use all of them for a moment; what goes on like that is a fork bomb, and no tool can end it. */
export const fullMsMax = 6_000
const pollMs = 2_000
/** The limit counts attempts too: a bomb at the limit is often just below it. */
const fullShare = 0.95

const statsSchema = z.object({ pids_stats: z.object({ current: z.int() }) })

/** A limit on processes keeps the host alive; this keeps the sandbox usable. */
export function watchProcesses({ container, processesMax, onFull }: ProcessWatchOptions): { stop(): void } {
  const stopping = new AbortController()

  async function watch(): Promise<void> {
    let fullMs = 0
    while (fullMs <= fullMsMax) {
      await setTimeout(pollMs, undefined, { signal: stopping.signal, ref: false })
      // An engine that was away is asked again.
      const answer = await container.stats({ stream: false, 'one-shot': true }).catch(() => undefined)
      const stats = statsSchema.safeParse(answer).data
      const current = stats?.pids_stats.current ?? 0
      fullMs = current >= processesMax * fullShare ? fullMs + pollMs : 0
    }
    onFull(`it had no room for another process for ${fullMsMax / 1000} s: ${processesMax} is the limit`)
  }

  // It ends by being stopped.
  watch().catch(() => {})
  return { stop: () => stopping.abort() }
}
