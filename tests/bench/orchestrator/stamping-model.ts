import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { z } from 'zod'

export interface StampingModel {
  readonly url: string
  stop(): Promise<void>
}

/** What a prompt makes the model do: `deltas` pieces of `chars` characters, `every` so many milliseconds. */
export interface Order {
  readonly deltas: number
  readonly every: number
  readonly chars: number
}

export function promptOf({ deltas, every, chars }: Order): string {
  return `deltas=${deltas} every=${every} chars=${chars}`
}

const readySchema = z.object({ url: z.url() })

export async function startStampingModel(): Promise<StampingModel> {
  const file = fileURLToPath(new URL('stamping-endpoint.js', import.meta.url))
  const child = spawn(process.execPath, [file], { stdio: ['ignore', 'pipe', 'inherit'] })
  for await (const line of createInterface(child.stdout)) {
    const { url } = readySchema.parse(JSON.parse(line))
    return {
      url,
      async stop() {
        child.kill('SIGTERM')
        await once(child, 'exit')
      },
    }
  }
  throw new Error('The stamping model ended before it was ready.')
}
