import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { Duplex } from 'node:stream'
import { fileURLToPath } from 'node:url'
import { connectSandboxTools, type SandboxTools } from '../../../orchestrator/src/connect/sandbox-tools.js'

const bin = fileURLToPath(new URL('../../../servers/files/bin/auroracoder-files.js', import.meta.url))

/** The real files server over stdio, behind the orchestrator's own connection. */
export interface FilesServer {
  readonly tools: SandboxTools
  /** SIGKILL, in the middle of whatever it does. */
  kill(): void
  close(): Promise<void>
}

export async function openFilesServer({ root, stateDir }: { root: string; stateDir: string }): Promise<FilesServer> {
  const children: { child: ChildProcess; closed: Promise<unknown> }[] = []
  const kill = (): void => {
    for (const { child } of children) child.kill('SIGKILL')
  }
  const connect = async () => {
    const child = spawn(process.execPath, [bin, '--root', root, '--state', stateDir], {
      cwd: root,
      env: { PATH: process.env.PATH },
      stdio: ['pipe', 'pipe', 'pipe'],
    })
    let stderr = ''
    child.stderr.setEncoding('utf8').on('data', (text: string) => {
      stderr = (stderr + text).slice(-2_000)
    })
    const exited = once(child, 'close').then(([exitCode, signal]) => ({ exitCode, signal, stderr }))
    children.push({ child, closed: exited })
    return { stream: Duplex.from({ readable: child.stdout, writable: child.stdin }), exited }
  }
  const clientInfo = { name: 'auroracoder', version: '0' }
  const tools = await connectSandboxTools({
    sandbox: { connect, notes: async () => [] },
    servers: ['files'],
    sessionId: 'session',
    clientInfo,
  })
  return {
    tools,
    kill,
    async close() {
      kill()
      await Promise.all(children.map(({ closed }) => closed))
      await tools.close()
    },
  }
}
