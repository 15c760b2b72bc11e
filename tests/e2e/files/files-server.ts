import { mkdir, mkdtemp, readdir, readFile, realpath, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { type Connection, connectStdio } from '@auroracoder/kit/client'
import { renderChange } from '@auroracoder/kit/panel'
import { metaKeys, panelExtension, panelResultSchema } from '@auroracoder/kit/wire'

const bin = fileURLToPath(new URL('../../../servers/files/bin/auroracoder-files.js', import.meta.url))
const clientInfo = { name: 'tests', version: '1' }
const revision = '2026-07-28'

export interface Place {
  /** The only root, `ws`. */
  readonly root: string
  /** What lies beside the root, as `ws2` does. */
  readonly beside: string
  put(path: string, content: string | Uint8Array): Promise<string>
  bytes(path: string): Promise<Buffer>
  /** What must not change when a call fails. */
  state(path: string): Promise<Record<string, unknown>>
  /** The real server on stdio. */
  serve(): Promise<Server>
  /** Leaves the root and what is beside it empty. */
  clear(): Promise<void>
  /** With the servers. */
  remove(): Promise<void>
}

export interface Server {
  call(name: string, args: Record<string, unknown>, options?: CallOptions): Promise<Answer>
  close(): Promise<void>
}

export interface Answer {
  ok: boolean
  /** What the model reads, views included. */
  text: string
}

export interface CallOptions {
  /** The model turn. */
  step?: string
  signal?: AbortSignal
}

export async function createPlace(): Promise<Place> {
  const beside = await realpath(await mkdtemp(join(tmpdir(), 'auroracoder-files-')))
  const root = join(beside, 'ws')
  await mkdir(root)
  await mkdir(join(beside, 'ws2'))
  const connections: Connection[] = []
  return {
    root,
    beside,
    async put(path, content) {
      await mkdir(dirname(join(root, path)), { recursive: true })
      await writeFile(join(root, path), content)
      return join(root, path)
    },
    bytes: (path) => readFile(join(root, path)),
    async state(path) {
      const { mode, mtimeNs, ino, nlink } = await stat(join(root, path), { bigint: true })
      return { bytes: (await readFile(join(root, path))).toString('hex'), mode, mtimeNs, ino, nlink }
    },
    async serve() {
      const args = [bin, '--root', root, '--state', join(beside, 'state')]
      const connection = await connectStdio({ command: process.execPath, args }, { clientInfo, revision })
      connections.push(connection)
      return serverOf(connection)
    },
    async clear() {
      for (const folder of [root, join(beside, 'ws2')]) {
        for (const name of await readdir(folder)) await rm(join(folder, name), { recursive: true })
      }
    },
    async remove() {
      await Promise.all(connections.map((connection) => connection.close()))
      await rm(beside, { recursive: true })
    },
  }
}

function serverOf(connection: Connection): Server {
  let calls = 0
  return {
    async call(name, args, { step, signal } = {}) {
      calls += 1
      const meta = step === undefined ? {} : { [metaKeys.call]: { key: `${step}/${calls}`, step } }
      const never = new AbortController().signal
      const { ok, text, meta: told } = await connection.callTool({ name, args, meta, signal: signal ?? never })
      const changes = panelResultSchema.safeParse(told[panelExtension]).data?.changes ?? []
      return { ok, text: [text, ...changes.map((change) => renderChange(change, 'nonce'))].join('\n') }
    },
    close: () => connection.close(),
  }
}
