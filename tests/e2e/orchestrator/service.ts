import { type ChildProcessWithoutNullStreams, spawn } from 'node:child_process'
import { once } from 'node:events'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { z } from 'zod'

export const bin = fileURLToPath(new URL('../../../orchestrator/bin/auroracoder.js', import.meta.url))

const readySchema = z.object({ ready: z.literal(true), url: z.string(), tokenFile: z.string(), pid: z.int() })

/** A real `auroracoder serve` and the little that a client needs to talk to it. */
export interface Service {
  readonly url: string
  readonly token: string
  readonly pid: number
  /** Calls the API with the token; the body is JSON. */
  api(method: string, path: string, body?: unknown, headers?: Record<string, string>): Promise<Answer>
  kill(signal: NodeJS.Signals): Promise<void>
  /** Settles when the process has ended, whoever ended it. */
  readonly exited: Promise<unknown>
  /** Ends it as a person would and answers its exit code. */
  stop(): Promise<number | null>
}

export interface Answer {
  status: number
  headers: Headers
  // The tests state what they expect of it.
  body: unknown
}

export interface ServiceOptions {
  dataDir: string
  modelUrl: string
  args?: readonly string[]
  env?: Readonly<Record<string, string>>
}

export async function startService({ dataDir, modelUrl, args = [], env = {} }: ServiceOptions): Promise<Service> {
  const child = spawn(process.execPath, [bin, 'serve', '--port', '0', '--json', '--data-dir', dataDir, ...args], {
    env: {
      PATH: process.env.PATH,
      HOME: dataDir,
      DEEPSEEK_BASE_URL: modelUrl,
      AURORACODER_APPROVALS: 'allow',
      AURORACODER_SANDBOX: 'local',
      ...env,
    },
  })
  const { url, tokenFile, pid } = await untilReady(child)
  const token = (await readFile(tokenFile, 'utf8')).trim()
  const exited = once(child, 'exit')
  const kill = async (signal: NodeJS.Signals): Promise<void> => {
    child.kill(signal)
    await exited
  }
  return {
    url,
    token,
    pid,
    kill,
    exited,
    async api(method, path, body, headers = {}) {
      const response = await fetch(`${url}${path}`, {
        method,
        headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json', ...headers },
        ...(body === undefined ? {} : { body: typeof body === 'string' ? body : JSON.stringify(body) }),
      })
      const text = await response.text()
      return { status: response.status, headers: response.headers, body: text === '' ? undefined : JSON.parse(text) }
    },
    async stop() {
      if (child.exitCode === null && child.signalCode === null) await kill('SIGTERM')
      return child.exitCode
    },
  }
}

async function untilReady(child: ChildProcessWithoutNullStreams): Promise<z.infer<typeof readySchema>> {
  let stderr = ''
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    stderr += text
  })
  for await (const line of createInterface(child.stdout)) return readySchema.parse(JSON.parse(line))
  throw new Error(`The service ended before it was ready: ${stderr}`)
}

export interface Finished {
  exitCode: number | null
  stdout: string
  stderr: string
}

/** Runs the bin to its end. */
export async function runBin(args: readonly string[], env: Record<string, string>, cwd?: string): Promise<Finished> {
  const child = spawn(process.execPath, [bin, ...args], {
    env: { PATH: process.env.PATH, HOME: join('/nonexistent'), ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
    ...(cwd ? { cwd } : {}),
  })
  let stdout = ''
  let stderr = ''
  child.stdout.setEncoding('utf8').on('data', (text: string) => (stdout += text))
  child.stderr.setEncoding('utf8').on('data', (text: string) => (stderr += text))
  const [exitCode] = await once(child, 'close')
  return { exitCode, stdout, stderr }
}

/** The processes that live inside a process group or below a pid, by their command lines. */
export async function processesNaming(text: string): Promise<string[]> {
  const { readdir } = await import('node:fs/promises')
  const pids = (await readdir('/proc')).filter((name) => /^\d+$/.test(name) && Number(name) !== process.pid)
  const lines = await Promise.all(pids.map((pid) => readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => '')))
  return lines.map((line) => line.replaceAll('\0', ' ').trim()).filter((line) => line.includes(text))
}
