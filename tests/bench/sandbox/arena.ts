import { chown, mkdir, realpath } from 'node:fs/promises'
import { join } from 'node:path'
import { type Connection, connectStream } from '@auroracoder/kit/client'
import {
  createSandboxes,
  type DockerSettings,
  type Driver,
  type Owner,
  type Sandbox,
  type Sandboxes,
  type ServerName,
} from '@auroracoder/sandbox'
import { dockerSettings } from '../../../orchestrator/src/config/container.js'
import { UsageError, type World } from '../benchmark.js'

/** Folders for sandboxes, each with one workspace. */
export interface Arena {
  readonly sandboxes: Sandboxes
  key(name: string, driver: Driver): Promise<{ sessionId: string; workspace: string; driver: Driver }>
}

export type Reach = Pick<DockerSettings, 'network' | 'reach'> & { owner: Owner }

/** Refuses where no container can be had: there is nothing to measure. */
export async function openArena({ scratch, env }: World, { owner, ...docker }: Partial<Reach> = {}): Promise<Arena> {
  const folder = await realpath(scratch)
  const sandboxes = createSandboxes({
    driver: 'auto',
    env,
    dataDir: join(folder, 'data'),
    scratchRoot: join(folder, 'data', 'scratch'),
    instance: 'bench',
    docker: { ...dockerSettings({ base: env.AURORACODER_SANDBOX_BASE || undefined }, env), ...docker },
    ...(owner && { owner }),
  })
  const choice = await sandboxes.choose('auto')
  if (choice.driver === 'local') throw new UsageError(choice.reason)
  return {
    sandboxes,
    async key(name, driver) {
      const workspace = join(folder, name)
      await mkdir(workspace, { recursive: true })
      if (process.getuid?.() === 0) await chown(workspace, 1000, 1000)
      return { sessionId: name, workspace, driver }
    },
  }
}

export async function connectTo(
  sandbox: Pick<ReturnType<Sandboxes['create']>, 'connect'>,
  server: ServerName,
): Promise<Connection> {
  const { stream } = await sandbox.connect(server)
  return connectStream(stream, { clientInfo: { name: 'bench', version: '0' }, revision: '2026-07-28' })
}

export interface Opened {
  sandbox: Sandbox
  /** To its files server. */
  connection: Connection
  close(): Promise<void>
}

export async function openSandbox(arena: Arena, { name, driver }: { name: string; driver: Driver }): Promise<Opened> {
  const sandbox = arena.sandboxes.create(await arena.key(name, driver))
  try {
    await sandbox.start()
    const connection = await connectTo(sandbox, 'files')
    const close = async (): Promise<void> => {
      await connection.close()
      await sandbox.forget()
    }
    return { sandbox, connection, close }
  } catch (error) {
    await sandbox.forget()
    throw error
  }
}

/** As a session begins: what is there, and one call. */
export async function firstCall(connection: Connection): Promise<void> {
  await connection.listTools()
  const { signal } = new AbortController()
  const { ok, text } = await connection.callTool({ name: 'list_directory', args: { path: '.' }, signal })
  if (!ok) throw new Error(`The first call failed: ${text}`)
}
