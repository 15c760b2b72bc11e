import { mkdir, mkdtemp, readFile, realpath, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { Failure } from '@auroracoder/kit'
import { renderChange } from '@auroracoder/kit/panel'
import type { PanelChange } from '@auroracoder/kit/wire'
import { filesServer } from '../server.js'

/** What a tool told about one call. */
export interface Answer {
  ok: boolean
  /** Everything in its order, as a plain host shows it. */
  text: string
  changes: PanelChange[]
  notes: string[]
  images: { bytes: Uint8Array; type: string }[]
  facts: Record<string, unknown>
  applied: Record<string, unknown> | undefined
}

export interface CallOptions {
  conversation?: string
  step?: string
  key?: string
  outputCharsMax?: number
  keepsPanels?: boolean
  signal?: AbortSignal
}

/** The real tools on a root and a state folder of their own. */
export interface Workbench {
  readonly root: string
  readonly stateDir: string
  call(tool: string, args: Record<string, unknown>, options?: CallOptions): Promise<Answer>
  resource(uri: string): Promise<string>
  /** Puts a file into the root. */
  put(path: string, content: string | Uint8Array): Promise<string>
  bytes(path: string): Promise<Buffer>
  text(path: string): Promise<string>
  /** What must not change when a call fails. */
  state(path: string): Promise<Record<string, unknown>>
  remove(): Promise<void>
}

export const testNonce = '0123abcd'

export async function createWorkbench(): Promise<Workbench> {
  const folder = await realpath(await mkdtemp(join(tmpdir(), 'files-test-')))
  const root = join(folder, 'root')
  const stateDir = join(folder, 'state')
  await mkdir(root)
  const log = { debug() {}, info() {}, warn() {}, error() {} }
  const family = await filesServer.create({ roots: [root], stateDir, flags: {}, log })

  return {
    root,
    stateDir,
    async call(name, args, options = {}) {
      const tool = family.tools.find((candidate) => candidate.name === name)
      if (!tool) throw new Error(`No tool ${name}`)
      const { answer, reply } = recordAnswer()
      try {
        await tool.run(args, {
          reply,
          signal: options.signal ?? new AbortController().signal,
          conversation: options.conversation ?? 'default',
          step: options.step,
          key: options.key,
          nonce: testNonce,
          outputCharsMax: options.outputCharsMax ?? 60_000,
          keepsPanels: options.keepsPanels ?? false,
          progress: () => {},
        })
      } catch (error) {
        if (!(error instanceof Failure)) throw error
        reply.fail(error.message)
      }
      return answer
    },
    async resource(uri) {
      const resource = family.resources?.find((candidate) => candidate.uri === uri)
      if (!resource) throw new Error(`No resource ${uri}`)
      return resource.read()
    },
    async put(path, content) {
      const real = join(root, path)
      await mkdir(dirname(real), { recursive: true })
      await writeFile(real, content)
      return real
    },
    bytes: (path) => readFile(join(root, path)),
    text: (path) => readFile(join(root, path), 'utf8'),
    async state(path) {
      const real = join(root, path)
      const { mode, mtimeNs, ctimeNs, ino, uid, gid } = await stat(real, { bigint: true })
      return { bytes: (await readFile(real)).toString('hex'), mode, mtimeNs, ctimeNs, ino, uid, gid }
    },
    async remove() {
      await family.close()
      await rm(folder, { recursive: true, force: true })
    },
  }
}

function recordAnswer() {
  const blocks: string[] = []
  const answer: Answer = { ok: true, text: '', changes: [], notes: [], images: [], facts: {}, applied: undefined }
  const add = (block: string): void => {
    blocks.push(block)
    answer.text = blocks.join('\n')
  }
  const reply = {
    text: add,
    change(change: PanelChange) {
      answer.changes.push(change)
      add(renderChange(change, testNonce))
    },
    note: (sentence: string) => void answer.notes.push(sentence),
    fail(message: string) {
      answer.ok = false
      add(message)
    },
    image: (bytes: Uint8Array, type: string) => void answer.images.push({ bytes, type }),
    result: (facts: Record<string, unknown>) => void Object.assign(answer.facts, facts),
    applied(args: Record<string, unknown>) {
      answer.applied = args
    },
  }
  return { answer, reply }
}
