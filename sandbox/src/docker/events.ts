import { createInterface } from 'node:readline'
import type Dockerode from 'dockerode'
import { z } from 'zod'
import { again } from './again.js'

export interface EventsOptions {
  docker: Dockerode
  containerId: string
  onAction(action: string): void
}

const retryDelayMs = 500
const retryDelayMsMax = 10_000

const eventSchema = z.object({ Action: z.string() })

/** Tells what the engine says of one container, such as `oom`; takes it up again when the engine was away. */
export function followContainer({ docker, containerId, onAction }: EventsOptions): { close(): void } {
  const closing = new AbortController()
  const { signal } = closing

  async function follow(settled: () => void): Promise<void> {
    const stream = await docker.getEvents({
      filters: { container: [containerId], event: ['oom'] },
      abortSignal: signal,
    })
    settled()
    const lines = createInterface({ input: stream })
    lines.on('line', (line) => {
      const event = eventSchema.safeParse(parsed(line)).data
      if (event) onAction(event.Action)
    })
    await new Promise<void>((settle) => lines.once('close', settle).on('error', () => settle()))
  }

  void again({ work: follow, firstDelayMs: retryDelayMs, longestDelayMs: retryDelayMsMax, signal })
  return { close: () => closing.abort() }
}

function parsed(line: string): unknown {
  try {
    return JSON.parse(line)
  } catch {
    return undefined
  }
}
