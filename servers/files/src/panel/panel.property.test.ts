import { mkdir, mkdtemp, readFile, realpath, rename, rm, stat, symlink, utimes, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { ShownFile } from '@auroracoder/kit/panel'
import fc from 'fast-check'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { hasFinalNewline, parseDocument } from '../text/document.js'
import { createPanelClient, type PanelClient } from './client.fixture.js'

const log = { debug() {}, info() {}, warn() {}, error() {} }
let folder: string

beforeAll(async () => {
  folder = await realpath(await mkdtemp(join(tmpdir(), 'files-panel-')))
})

afterAll(async () => {
  await rm(folder, { recursive: true, force: true })
})

/** One event in the life of a workspace: a call of ours, something that someone else does, an accident. */
type Event = (world: World) => Promise<void>

interface World {
  root: string
  client: PanelClient
  /** Files that the model has asked for as a whole and nobody has closed since: they must be shown whole. */
  whole: Set<string>
  /** Of these, files of which only lost answers have told: a server that forgets them has never shown them. */
  untold: Set<string>
}

function openedWhole({ whole, untold }: World, path: string, isLost: boolean | undefined): void {
  const key = keyOf(path)
  if (isLost && !whole.has(key)) untold.add(key)
  if (!isLost) untold.delete(key)
  whole.add(key)
}

function forgetUntold({ whole, untold }: World): void {
  for (const key of untold) whole.delete(key)
  untold.clear()
}

const names = ['a', 'b', 'dir/c']
const name = fc.constantFrom(...names)
const line = fc.oneof(
  { weight: 12, arbitrary: fc.constantFrom('', 'x', 'y', 'z', '  x', 'é', '1\tx', '~~~ a | rev') },
  { weight: 1, arbitrary: fc.constant('long '.repeat(500)) },
)
const eol = fc.constantFrom('\n', '\n', '\n', '\r\n', '\r')
const content = fc
  .tuple(fc.array(fc.tuple(line, eol), { maxLength: 8 }), fc.boolean())
  .map(([lines, ends]) => lines.map(([text, end], at) => text + (ends || at < lines.length - 1 ? end : '')).join(''))
/** As models name files. */
const named = fc.tuple(name, fc.constantFrom('', './', 'link/')).map(([path, prefix]) => prefix + path)
const lost = fc.option(fc.constant(true), { freq: 5, nil: false })
const range = fc.tuple(fc.integer({ min: 1, max: 8 }), fc.nat(4)).map(([first, more]) => `${first}-${first + more}`)
const columns = fc.integer({ min: 1, max: 8 }).map((at) => `${at}:2001-2300`)

const ofModel: fc.Arbitrary<Event>[] = [
  fc.tuple(named, lost).map(
    ([path, isLost]): Event =>
      async (world) => {
        const { ok, text } = await world.client.call('read_file', { paths: [path] }, { lost: isLost })
        if (ok && !text.includes('is not text')) openedWhole(world, path, isLost)
      },
  ),
  fc.tuple(named, named, named).map(
    ([first, second, beside]): Event =>
      async (world) => {
        const calls = [[first, second], [beside]].map((paths) => world.client.call('read_file', { paths }))
        await Promise.all(calls)
        for (const path of [first, second, beside]) {
          const isText = !(await readFile(join(world.root, path)).catch(() => Buffer.alloc(1))).includes(0)
          if (isText) openedWhole(world, path, false)
        }
      },
  ),
  fc.tuple(named, fc.oneof(range, columns), lost).map(
    ([path, lines, isLost]): Event =>
      async ({ client }) => {
        await client.call('read_file', { paths: [path], lines }, { lost: isLost })
      },
  ),
  fc.tuple(named, content, lost).map(
    ([path, text, isLost]): Event =>
      async (world) => {
        const args = { path, content: text, overwrite: true }
        const { ok } = await world.client.call('write_file', args, { lost: isLost })
        if (ok) openedWhole(world, path, isLost)
      },
  ),
  fc.tuple(named, line, line, lost).map(
    ([path, old_text, new_text, isLost]): Event =>
      async ({ client }) => {
        const edits = [{ old_text, new_text, replace_all: true }]
        await client.call('edit_file', { path, edits }, { lost: isLost })
      },
  ),
  fc.tuple(named, line).map(
    ([path, new_text]): Event =>
      async ({ client }) => {
        await client.call('edit_file', { path, edits: [{ insert: 'after', new_text }] })
      },
  ),
  fc.tuple(fc.constantFrom('paths', 'keep'), named, lost).map(
    ([how, path, isLost]): Event =>
      async (world) => {
        const { ok } = await world.client.call('close_file', { [how]: [path] }, { lost: isLost })
        for (const each of names) if (ok && (each === keyOf(path)) === (how === 'paths')) world.whole.delete(each)
      },
  ),
  fc.tuple(named, lost).map(
    ([path, isLost]): Event =>
      async ({ client, whole }) => {
        const { ok } = await client.call('delete_file', { paths: [path] }, { lost: isLost })
        if (ok) whole.delete(keyOf(path))
      },
  ),
  fc.tuple(named, named, lost).map(
    ([from, to, isLost]): Event =>
      async (world) => {
        const { client, whole, untold } = world
        const { ok } = await client.call('move_file', { from, to, overwrite: true }, { lost: isLost })
        if (!ok) return
        const [old, next] = [keyOf(from), keyOf(to)]
        const wasWhole = whole.delete(old)
        // A file that is not shown may take the place of one that is.
        if (!wasWhole) whole.delete(next)
        else if (isLost || untold.has(old)) openedWhole(world, next, true)
        else openedWhole(world, next, false)
      },
  ),
  fc.constant<Event>(async ({ client }) => {
    const { ok } = await client.call('move_file', { from: 'dir', to: 'moved' })
    if (ok) await client.call('move_file', { from: 'moved', to: 'dir' })
  }),
]

const ofOthers: fc.Arbitrary<Event>[] = [
  fc.tuple(name, content).map(
    ([path, text]): Event =>
      ({ root }) =>
        put(join(root, path), text),
  ),
  fc.tuple(name, line, eol).map(
    ([path, text, end]): Event =>
      async ({ root }) => {
        const now = await readFile(join(root, path), 'utf8').catch(() => '')
        await put(join(root, path), now + text + end)
      },
  ),
  fc.tuple(name, fc.array(line, { minLength: 1, maxLength: 3 })).map(
    ([path, added]): Event =>
      async ({ root }) => {
        const now = await readFile(join(root, path), 'utf8').catch(() => '')
        await put(join(root, path), added.map((text) => `${text}\n`).join('') + now)
      },
  ),
  name.map(
    (path): Event =>
      async ({ root }) => {
        // Same size, same modification time: only the change time tells.
        const [text, stats] = await Promise.all([
          readFile(join(root, path), 'utf8').catch(() => undefined),
          stat(join(root, path)).catch(() => undefined),
        ])
        if (text === undefined || stats === undefined) return
        await put(
          join(root, path),
          text.replace(/[xyz]/g, (letter) => (letter === 'x' ? 'y' : 'x')),
        )
        await utimes(join(root, path), stats.atime, stats.mtime)
      },
  ),
  name.map(
    (path): Event =>
      async ({ root, whole }) => {
        await put(join(root, path), Buffer.from([0, 1, 2]))
        whole.delete(path)
      },
  ),
  name.map(
    (path): Event =>
      async ({ root, whole }) => {
        await rm(join(root, path), { force: true })
        whole.delete(path)
      },
  ),
  fc.tuple(name, name).map(
    ([from, to]): Event =>
      async ({ root, whole }) => {
        const done = await rename(join(root, from), join(root, to)).then(
          () => true,
          () => false,
        )
        if (done && from !== to) whole.delete(from)
        const now = await readFile(join(root, to)).catch(() => Buffer.alloc(0))
        if (now.includes(0)) whole.delete(to)
      },
  ),
]

const accidents: fc.Arbitrary<Event>[] = [
  fc.constant<Event>((world) => {
    forgetUntold(world)
    return world.client.restart()
  }),
  fc.constant<Event>(async (world) => {
    forgetUntold(world)
    world.client.fork()
  }),
  fc.constant<Event>(async ({ client }) => void (await client.read({ lost: true }))),
  fc.constant<Event>(({ root }) =>
    rm(join(root, '../state/spool'), { recursive: true, force: true, maxRetries: 20, retryDelay: 2 }),
  ),
]

const read: Event = async (world) => {
  await world.client.read()
  world.untold.clear()
  await check(world)
}

const event = fc.oneof(
  { weight: 6, arbitrary: fc.oneof(...ofModel) },
  { weight: 4, arbitrary: fc.oneof(...ofOthers) },
  { weight: 2, arbitrary: fc.oneof(...accidents) },
  { weight: 4, arbitrary: fc.constant(read) },
)

test('what a client shows of each open file equals the disk after each read, whatever happens in between', {
  tags: ['long'],
}, async () => {
  let index = 0
  await fc.assert(
    fc.asyncProperty(fc.array(event, { minLength: 1, maxLength: 12 }), async (events) => {
      const root = join(folder, String(index++), 'root')
      await mkdir(join(root, 'dir'), { recursive: true })
      await symlink('.', join(root, 'link'))
      await Promise.all([put(join(root, 'a'), 'x\ny\nz\n'), put(join(root, 'b'), 'x\r\ny')])
      const stateDir = join(root, '../state')
      const client = await createPanelClient({ roots: [root], stateDir, flags: {}, log })
      const world = { root, client, whole: new Set<string>(), untold: new Set<string>() }
      try {
        for (const happen of [...events, read]) await happen(world)
      } finally {
        await client.close()
        await rm(join(root, '..'), { recursive: true, force: true })
      }
    }),
  )
})

async function check({ root, client, whole }: World): Promise<void> {
  const shown = client.shown()
  for (const [key, file] of shown) await checkFile(join(root, key), file)
  for (const key of whole) {
    const file = shown.get(key)
    expect(file, `${key} is shown`).toBeDefined()
    const lines = new Set([...(file?.lines.keys() ?? []), ...(file?.columns.keys() ?? [])])
    expect(lines.size, `${key} is shown whole`).toBe(file?.lineCount)
  }
}

async function checkFile(path: string, file: ShownFile): Promise<void> {
  const document = await parseDocument(await readFile(path))
  if (!document) throw new Error(`${path} is shown and is not text.`)
  const { texts } = document.lines
  expect(file.revision).toBe(document.revision)
  expect(file.lineCount).toBe(texts.length)
  expect(file.finalNewline).toBe(hasFinalNewline(document))
  for (const [number, text] of file.lines) expect(text).toBe(texts[number - 1])
  for (const [number, parts] of file.columns) {
    for (const { first, last, text } of parts) expect(text).toBe(texts[number - 1]?.slice(first - 1, last))
  }
}

async function put(path: string, data: string | Buffer): Promise<void> {
  await writeFile(path, data)
}

function keyOf(path: string): string {
  return path.replace(/^(\.|link)\//, '')
}
