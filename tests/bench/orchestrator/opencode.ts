import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync } from 'node:fs'
import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { z } from 'zod'
import { openStream } from '../../streams/event-stream.js'
import type { World } from '../benchmark.js'
import { opencodePackage, peersFolder } from '../mcp/peers.js'
import type { Contestant } from './agent-server.js'

const model = { providerID: 'scripted', modelID: 'scripted' }
const sessionSchema = z.object({ id: z.string() })

/** Its program for this machine, which npm installs beside the package; `undefined` where it is not. */
export function opencodeProgram({ env }: Pick<World, 'env'>): string | undefined {
  const platform = process.platform === 'win32' ? 'windows' : process.platform
  const name = `${opencodePackage.packageName.replace('-ai', '')}-${platform}-${process.arch}`
  const program = join(peersFolder(env), 'node_modules', name, 'bin', 'opencode')
  return existsSync(program) ? program : undefined
}

export function opencode(program: string): Contestant {
  return {
    label: 'opencode serve',
    async start({ folder, modelUrl }) {
      const workspace = join(folder, 'workspace')
      await mkdir(workspace, { recursive: true })
      const config = join(folder, 'opencode.json')
      await writeFile(config, JSON.stringify(configFor(modelUrl)))
      const began = performance.now()
      const child = spawn(program, ['serve', '--port', '0', '--hostname', '127.0.0.1'], {
        cwd: workspace,
        env: { PATH: process.env.PATH, HOME: folder, OPENCODE_CONFIG: config, ...offline },
        stdio: ['ignore', 'pipe', 'ignore'],
      })
      const url = await listening(child)
      const readyMs = performance.now() - began
      const post = async (path: string, body: object) => {
        const response = await fetch(`${url}${path}`, {
          method: 'POST',
          headers: { 'content-type': 'application/json' },
          body: JSON.stringify(body),
        })
        if (!response.ok) throw new Error(`opencode answered ${path} by ${response.status}: ${await response.text()}`)
        return response
      }
      const bus = { url: `${url}/event`, headers: {} }
      return {
        pid: child.pid ?? 0,
        readyMs,
        // With a title of its own it does not ask the model for one.
        newSession: async () => sessionSchema.parse(await (await post('/session', { title: 'bench' })).json()).id,
        prompt: async (session, text) =>
          void (await post(`/session/${session}/prompt_async`, { model, parts: [{ type: 'text', text }] })),
        // One stream carries the events of all sessions: a second one would double its work.
        async watch(sessions, onEvent) {
          const watched = new Set(sessions)
          const onFrame = ({ data }: { data: string }) => {
            const session = /"sessionID":"(ses_\w+)"/.exec(data)?.[1]
            if (session === undefined || !watched.has(session)) return
            onEvent({ session, data, isEnd: data.includes('"type":"session.idle"') })
          }
          return [await openStream({ ...bus, onFrame })]
        },
        stall: () => openStream(bus),
        async stop() {
          const exited = once(child, 'exit')
          child.kill('SIGTERM')
          const force = setTimeout(() => child.kill('SIGKILL'), stopMsMax)
          await exited
          clearTimeout(force)
        },
      }
    },
  }
}

/** It can stay for minutes after SIGTERM. */
const stopMsMax = 3_000

/** Nothing is fetched and nothing told; what its options leave open meets a proxy that nobody runs. */
const offline = {
  OPENCODE_DISABLE_AUTOUPDATE: '1',
  OPENCODE_DISABLE_MODELS_FETCH: '1',
  OPENCODE_DISABLE_LSP_DOWNLOAD: '1',
  OPENCODE_DISABLE_DEFAULT_PLUGINS: '1',
  HTTP_PROXY: 'http://127.0.0.1:9',
  HTTPS_PROXY: 'http://127.0.0.1:9',
  NO_PROXY: '127.0.0.1,localhost',
  npm_config_registry: 'http://127.0.0.1:9',
}

function configFor(modelUrl: string) {
  return {
    autoupdate: false,
    share: 'disabled',
    model: 'scripted/scripted',
    small_model: 'scripted/scripted',
    enabled_providers: ['scripted'],
    provider: {
      scripted: {
        npm: '@ai-sdk/openai-compatible',
        name: 'Scripted',
        options: { baseURL: modelUrl, apiKey: 'none' },
        models: { scripted: { name: 'scripted', limit: { context: 1_000_000, output: 32_000 } } },
      },
    },
  }
}

async function listening({ stdout }: ChildProcess): Promise<string> {
  if (!stdout) throw new Error('opencode has no stdout.')
  for await (const line of createInterface(stdout)) {
    const url = /http:\/\/[\d.]+:\d+/.exec(line)?.[0]
    if (url) return url
  }
  throw new Error('opencode ended before it listened.')
}
