import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { token } from '../http/server.fixture.js'
import { createFilesBench, type FilesBench } from '../http/workspace.fixture.js'
import { zipOf } from '../http/zip.fixture.js'
import { type Client, createClient } from './index.js'

let bench: FilesBench
let client: Client
let id: string
beforeEach(async () => {
  bench = await createFilesBench()
  id = bench.id
  client = createClient({ url: bench.server.url, token })
})
afterEach(() => bench.dispose())

const allBytes = Uint8Array.from({ length: 256 }, (_, index) => index)

describe('an upload', () => {
  test('puts contents of every kind at their paths, byte by byte', async () => {
    const files = { 'a/ü b.txt': 'grün', 'raw.bin': allBytes, 'blob%22': new Blob(['one', 'two']), empty: '' }
    expect(await client.workspace.upload(id, files)).toEqual([
      { path: 'a/ü b.txt', bytes: 5 },
      { path: 'raw.bin', bytes: 256 },
      { path: 'blob%22', bytes: 6 },
      { path: 'empty', bytes: 0 },
    ])
    expect(await (await client.workspace.read(id, 'a/ü b.txt')).text()).toBe('grün')
    expect(new Uint8Array(await (await client.workspace.read(id, 'raw.bin')).arrayBuffer())).toEqual(allBytes)
    expect((await client.workspace.read(id, 'empty')).size).toBe(0)
    expect(readFileSync(join(bench.workspace, 'blob%22'), 'utf8')).toBe('onetwo')
  })

  test('takes a part of larger bytes as that part', async () => {
    await client.workspace.upload(id, { part: allBytes.subarray(10, 12) })
    expect(readFileSync(join(bench.workspace, 'part'))).toEqual(Buffer.from([10, 11]))
  })

  test('unpacks an archive, given as bytes or as a blob, into a folder', async () => {
    const zip = zipOf([{ name: 'x/y', content: 'inside' }])
    expect(await client.workspace.upload(id, zip, { folder: 'one' })).toEqual([{ path: 'one/x/y', bytes: 6 }])
    await client.workspace.upload(id, new Blob([new Uint8Array(zip)]), { folder: 'two' })
    expect(readFileSync(join(bench.workspace, 'two/x/y'), 'utf8')).toBe('inside')
  })

  test('keeps an archive among files as it is', async () => {
    const zip = zipOf([{ name: 'x', content: '' }])
    await client.workspace.upload(id, { 'kept.zip': zip })
    expect(readFileSync(join(bench.workspace, 'kept.zip'))).toEqual(zip)
  })

  test('of which one path leads out leaves nothing behind', async () => {
    const refused = client.workspace.upload(id, { fine: 'x', '../out': 'y' })
    await expect(refused).rejects.toMatchObject({ status: 400, code: 'outside_workspace' })
    expect(existsSync(join(bench.workspace, 'fine'))).toBe(false)
  })

  test('of what is no archive, and of nothing, is refused', async () => {
    const none = client.workspace.upload(id, new Uint8Array([1, 2, 3]))
    await expect(none).rejects.toMatchObject({ status: 400, code: 'bad_upload' })
    await expect(client.workspace.upload(id, {})).rejects.toMatchObject({ status: 400, code: 'bad_upload' })
    await expect(client.workspace.upload(id, { '': 'x' })).rejects.toMatchObject({ status: 400, code: 'bad_path' })
  })

  test.each(['a"b', 'a\nb', 'a\rb', 'a\\b', 'a\\\\b', 'a\\'])(
    'refuses the path %j, which a form would change',
    async (path) => {
      const refused = client.workspace.upload(id, { fine: 'x', [path]: 'y' })
      await expect(refused).rejects.toMatchObject({ status: 0, code: 'invalid_request', details: { path } })
      expect(existsSync(join(bench.workspace, 'fine'))).toBe(false)
    },
  )
})

describe('the files', () => {
  test('are listed by level, and removed', async () => {
    bench.put('src/a.ts', '12345')
    expect(await client.workspace.tree(id)).toMatchObject({ path: '', entries: [{ path: 'src', type: 'folder' }] })
    const deep = await client.workspace.tree(id, { path: 'src', depth: 2 })
    expect(deep).toMatchObject({ entries: [{ path: 'src/a.ts', type: 'file', bytes: 5 }], cut: [] })
    expect(await client.workspace.remove(id, 'src/a.ts')).toBeUndefined()
    const gone = client.workspace.remove(id, 'src/a.ts')
    await expect(gone).rejects.toMatchObject({ status: 404, code: 'no_such_file' })
  })

  test('tell their type with their bytes', async () => {
    bench.put('page.html', '<p>')
    bench.put('error.json', '{"error": 1}')
    expect((await client.workspace.read(id, 'page.html')).type).toMatch(/^text\/html/)
    expect(await (await client.workspace.read(id, 'error.json')).text()).toBe('{"error": 1}')
  })

  test('are downloaded as an archive that can be uploaded again', async () => {
    bench.put('src/a.ts', 'same')
    const archive = await client.workspace.download(id, { folder: 'src' })
    expect(archive.type).toBe('application/zip')
    await client.workspace.upload(id, archive, { folder: 'copy' })
    const { entries } = await client.workspace.tree(id, { path: 'copy', depth: 3 })
    const [path = ''] = entries.filter(({ type }) => type === 'file').map((entry) => entry.path)
    expect(path).toMatch(/a\.ts$/)
    expect(readFileSync(join(bench.workspace, path), 'utf8')).toBe('same')
    expect((await client.workspace.download(id)).size).toBeGreaterThan(archive.size)
  })

  test('that changed since a snapshot are told; without a snapshot, that is said', async () => {
    const missing = client.workspace.diff(id, { since: 1 })
    await expect(missing).rejects.toMatchObject({ code: 'unknown_snapshot', details: { seq: 1 } })
    bench.put('kept', 'old\n')
    await bench.snapshots.take({ id, workspace: bench.workspace }, 1)
    bench.put('kept', 'new\n')
    bench.put('other', '')
    const { from, to, files } = await client.workspace.diff(id, { since: 1, path: 'kept' })
    expect({ from, to }).toEqual({ from: 1, to: null })
    expect(files).toMatchObject([{ path: 'kept', status: 'modified', text: expect.stringContaining('+new') }])
    await expect(client.workspace.diff(id, { since: 1.5 })).rejects.toMatchObject({ status: 400 })
  })

  test('outside, absent or of an unknown session are refused with the code of the server', async () => {
    const { read, tree, download } = client.workspace
    await expect(read(id, '../x')).rejects.toMatchObject({ status: 400, code: 'outside_workspace' })
    await expect(read(id, 'nowhere')).rejects.toMatchObject({ status: 404, code: 'no_such_file' })
    await expect(read(id, '')).rejects.toMatchObject({ status: 400 })
    await expect(tree(id, { depth: 99 })).rejects.toMatchObject({ status: 400 })
    await expect(download('ses_none')).rejects.toMatchObject({ status: 404, code: 'unknown_session' })
  })
})

test('an archive that is cut, and a page in its place, are no archives', async () => {
  const answers = (body: () => string | ReadableStream, type: string) =>
    createClient({
      url: 'http://api.test',
      retriesMax: 0,
      fetch: async () => new Response(body(), { headers: { 'content-type': type } }),
    })
  const cut = () =>
    new ReadableStream({
      start(controller) {
        controller.enqueue(new Uint8Array([80, 75]))
        controller.error(new Error('terminated'))
      },
    })
  const half = answers(cut, 'application/zip').workspace.download(id)
  await expect(half).rejects.toMatchObject({ code: 'unreachable', message: expect.stringContaining('terminated') })
  const page = answers(() => '<html>', 'text/html').workspace.download(id)
  await expect(page).rejects.toMatchObject({ code: 'bad_answer', details: { text: '<html>' } })
})
