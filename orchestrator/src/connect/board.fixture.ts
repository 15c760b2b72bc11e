import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Duplex } from 'node:stream'
import { fileURLToPath } from 'node:url'
import type { Sandbox } from '@auroracoder/sandbox'
import { onTestFinished } from 'vitest'
import { connectSandboxTools, type SandboxTools } from './sandbox-tools.js'
import type { ToolOutcome } from './tool-set.js'

const root = fileURLToPath(new URL('../../..', import.meta.url))
const module = fileURLToPath(new URL('./board-server.fixture.ts', import.meta.url))

export interface BoardBench {
  tools: SandboxTools
  call(name: string, args: Record<string, unknown>, standing?: Standing): Promise<ToolOutcome>
}

type Standing = Pick<Parameters<SandboxTools['readPanels']>[0], 'branch' | 'panels'>

export const nothingKnown: Standing = { branch: 0, panels: [] }

/** The product's own connection to the board server, which runs from its sources in a process of its own. */
export async function openBoard(): Promise<BoardBench> {
  const folder = await mkdtemp(join(tmpdir(), 'auroracoder-board-'))
  const ends: (() => Promise<unknown>)[] = []
  const sandbox: Pick<Sandbox, 'connect' | 'notes'> = {
    async connect() {
      const child = spawn(
        process.execPath,
        ['--input-type=module', '--eval', script, '--', 'board', '--root', folder],
        {
          cwd: root,
          stdio: ['pipe', 'pipe', 'ignore'],
        },
      )
      const exited = once(child, 'close').then(([exitCode, signal]) => ({ exitCode, signal, stderr: '' }))
      ends.push(async () => {
        child.kill('SIGKILL')
        await exited
      })
      return { stream: Duplex.from({ readable: child.stdout, writable: child.stdin }), exited }
    },
    notes: async () => [],
  }
  const clientInfo = { name: 'auroracoder', version: '0' }
  const tools = await connectSandboxTools({ sandbox, servers: ['files'], sessionId: 'session', clientInfo })
  onTestFinished(async () => {
    await tools.close()
    for (const end of ends) await end()
    await rm(folder, { recursive: true })
  })
  const { signal } = new AbortController()
  let calls = 0
  return {
    tools,
    call(name, args, standing = nothingKnown) {
      calls += 1
      return tools.call({
        name,
        args,
        key: `run/step/${calls}`,
        step: 'run/step',
        signal,
        onProgress() {},
        elicit: async () => ({ action: 'cancel' }),
        onLog() {},
        ...standing,
      })
    },
  }
}

const conditions = ['@auroracoder/source']
const resolve = { conditions }
const config = { configFile: false, root, logLevel: 'error', resolve, ssr: { resolve } }
const script = `
  import { runnerImport } from 'vite'
  const { module } = await runnerImport(${JSON.stringify(module)}, ${JSON.stringify(config)})
  await module.main()`
