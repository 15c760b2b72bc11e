import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { z } from 'zod'
import { bin } from '../e2e/orchestrator/service.js'

const readySchema = z.object({ ready: z.literal(true), url: z.string() })
const step = {
  when: {},
  reply: {
    reasoning: 'The same question again, and the same answer, so that only time can make a difference. ',
    text: 'Every word of this answer is a piece of a stream that is read, cut and read again. '.repeat(6),
  },
}

/** `auroracoder scripted-model` as a process of its own, so that its work is not measured with the service's. */
export async function startScriptedModel(options: { folder: string; delayMs: number }) {
  const file = join(options.folder, 'script.json')
  await writeFile(file, JSON.stringify({ steps: [step] }))
  const args = [bin, 'scripted-model', '--json', '--script', file, '--delay-ms', String(options.delayMs)]
  const child = spawn(process.execPath, args, {
    env: { PATH: process.env.PATH },
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  for await (const line of createInterface(child.stdout)) {
    const { url } = readySchema.parse(JSON.parse(line))
    return {
      url,
      async stop(): Promise<void> {
        child.kill('SIGTERM')
        await once(child, 'exit')
      },
    }
  }
  throw new Error('The scripted model ended before it was ready.')
}
