import { spawn } from 'node:child_process'
import { once } from 'node:events'

export interface Finished {
  exitCode: number | null
  stdout: string
  stderr: string
}

export interface RunOptions {
  bin: string
  args: readonly string[]
  env?: Readonly<Record<string, string>>
}

/** Runs a bin to its end; its stdin is empty. */
export async function runBin({ bin, args, env = {} }: RunOptions): Promise<Finished> {
  const child = spawn(process.execPath, [bin, ...args], {
    env: { PATH: process.env.PATH, HOME: '/nonexistent', ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  let stdout = ''
  let stderr = ''
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    stdout += text
  })
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    stderr += text
  })
  const [exitCode] = await once(child, 'close')
  return { exitCode, stdout, stderr }
}
