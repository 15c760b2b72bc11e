import { type ChildProcess, type ChildProcessByStdio, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Readable } from 'node:stream'

export interface HttpServer {
  /** Of the MCP endpoint. */
  readonly url: URL
  readonly child: ChildProcess
  /** Ends it and removes its folder. */
  stop(): Promise<void>
}

export interface HttpServerOptions {
  bin: string
  args?: readonly string[]
  env?: Readonly<Record<string, string>>
}

/** Starts a server on a free port, in a folder of its own; settles when it listens. */
export async function startHttpServer({ bin, args = [], env = {} }: HttpServerOptions): Promise<HttpServer> {
  const folder = await mkdtemp(join(tmpdir(), 'auroracoder-http-'))
  const flags = [
    ...(args.includes('--http') ? [] : ['--http', '0']),
    '--root',
    folder,
    '--state',
    join(folder, 'state'),
  ]
  const child = spawn(process.execPath, [bin, ...flags, ...args], {
    env: { PATH: process.env.PATH, HOME: folder, ...env },
    stdio: ['ignore', 'ignore', 'pipe'],
  })
  const exited = once(child, 'exit')
  const stop = async (): Promise<void> => {
    child.kill('SIGTERM')
    await exited
    await rm(folder, { recursive: true })
  }
  try {
    return { url: await untilListening(child), child, stop }
  } catch (error) {
    await stop()
    throw error
  }
}

/** Its stderr is read on afterwards, so that the server can never block on a full pipe. */
function untilListening(child: ChildProcessByStdio<null, null, Readable>): Promise<URL> {
  return new Promise((resolve, reject) => {
    let said = ''
    child.stderr.setEncoding('utf8').on('data', (text: string) => {
      said += text
      const url = / listens on (http:\S+)\n/.exec(said)?.[1]
      if (url !== undefined) resolve(new URL(url))
    })
    child.once('close', () => reject(new Error(`The server ended before it listened: ${said}`)))
  })
}
