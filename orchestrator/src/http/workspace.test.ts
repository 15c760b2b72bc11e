import { execFileSync } from 'node:child_process'
import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  statSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from 'node:fs'
import { connect } from 'node:net'
import { join } from 'node:path'
import { crc32, deflateRawSync } from 'node:zlib'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { wordsAgent } from '../sessions/agent.fixture.js'
import { uploadBytesMax } from '../sessions/index.js'
import {
  pathBytesMax,
  ratioFreeBytes,
  treeEntriesMax,
  unpackedRatioMax,
  uploadFilesMax,
} from '../sessions/workspace-files/limits.js'
import { bodyBytesMax } from './body-limit.js'
import { type Answer, type Bench, createBench, token } from './server.fixture.js'

let bench: Bench
let id: string
let workspace: string
beforeEach(async () => {
  bench = await createBench({ agent: wordsAgent })
  const { session } = (await bench.call('POST', '/v1/sessions', {})).body
  id = session.id
  workspace = session.workspace
})
afterEach(() => bench.dispose())

const put = (path: string, content: string | Buffer) => {
  mkdirSync(join(workspace, path, '..'), { recursive: true })
  writeFileSync(join(workspace, path), content)
}
const call = (method: string, what: string, headers?: Record<string, string>) =>
  bench.call(method, `/v1/sessions/${id}/workspace/${what}`, undefined, headers)
const send = async (body: FormData | Buffer, query = ''): Promise<Answer> => {
  const headers = {
    authorization: `Bearer ${token}`,
    ...(body instanceof Buffer ? { 'content-type': 'application/zip' } : {}),
  }
  const url = `${bench.server.url}/v1/sessions/${id}/workspace/upload${query}`
  const response = await fetch(url, {
    method: 'POST',
    headers,
    body: body instanceof Buffer ? new Uint8Array(body) : body,
  })
  return { status: response.status, headers: response.headers, body: await response.json() }
}
const form = (files: Record<string, string | Buffer>) => {
  const body = new FormData()
  for (const [path, content] of Object.entries(files))
    body.append('file', new Blob([new Uint8Array(Buffer.from(content))]), path)
  return body
}
const staged = () => readdirSync(workspace).filter((name) => name.startsWith('.auroracoder-staging-'))

describe('the tree', () => {
  test('lists folders level by level, shows links without following them, and says what is cut', async () => {
    put('src/a.ts', '12345')
    put('src/deep/b.ts', '')
    put('.git/HEAD', '')
    symlinkSync('/etc', join(workspace, 'out'))
    const one = await call('GET', 'tree')
    expect(one.body.entries.map(({ path, type }: { path: string; type: string }) => [path, type])).toEqual([
      ['.git', 'folder'],
      ['out', 'link'],
      ['src', 'folder'],
    ])
    const deep = await call('GET', 'tree?depth=5')
    expect(deep.body.entries.map(({ path }: { path: string }) => path)).toEqual([
      '.git',
      'out',
      'src',
      'src/a.ts',
      'src/deep',
      'src/deep/b.ts',
    ])
    expect((await call('GET', 'tree?path=src')).body).toMatchObject({
      path: 'src',
      entries: [
        { path: 'src/a.ts', type: 'file', bytes: 5, mtime: expect.stringMatching(/^\d{4}-/) },
        { path: 'src/deep' },
      ],
      cut: [],
    })
    mkdirSync(join(workspace, 'many'))
    for (let index = 0; index < treeEntriesMax + 7; index += 1) writeFileSync(join(workspace, 'many', `f${index}`), '')
    const cut = await call('GET', 'tree?path=many')
    expect(cut.body.entries).toHaveLength(treeEntriesMax)
    expect(cut.body.cut).toEqual([{ path: 'many', missing: 7 }])
  })

  test('refuses what is no folder of the workspace', async () => {
    put('file', '')
    symlinkSync('/etc', join(workspace, 'out'))
    for (const [query, status, code] of [
      ['path=nowhere', 404, 'no_such_file'],
      ['path=file', 409, 'path_conflict'],
      ['path=file/x', 409, 'path_conflict'],
      ['path=../..', 400, 'outside_workspace'],
      ['path=/etc', 400, 'outside_workspace'],
      ['path=out', 400, 'outside_workspace'],
      ['depth=0', 400, 'invalid_request'],
      ['depth=99', 400, 'invalid_request'],
    ] as const) {
      expect(await call('GET', `tree?${query}`), query).toMatchObject({ status, body: { error: { code } } })
    }
    expect(await bench.call('GET', '/v1/sessions/nobody/workspace/tree')).toMatchObject({
      status: 404,
      body: { error: { code: 'unknown_session' } },
    })
  })
})

describe('a file', () => {
  test('is read whole, in part, or not at all when it is known', async () => {
    put('a b/page.html', '<script>alert(1)</script>')
    symlinkSync('page.html', join(workspace, 'a b/link'))
    const url = 'file?path=a%20b/page.html'
    const whole = await call('GET', url)
    expect(whole).toMatchObject({ status: 200, body: '<script>alert(1)</script>' })
    const head = (name: string) => whole.headers.get(name)
    expect(head('content-type')).toMatch('text/html')
    expect(head('content-security-policy')).toBe("sandbox; default-src 'none'")
    expect(head('content-disposition')).toBe(`attachment; filename="page.html"; filename*=UTF-8''page.html`)
    expect(head('x-content-type-options')).toBe('nosniff')
    const etag = head('etag') ?? ''
    expect(await call('GET', url, { 'if-none-match': `"other", W/${etag}` })).toMatchObject({ status: 304, body: '' })
    for (const [range, status, body] of [
      ['bytes=1-6', 206, 'script'],
      ['bytes=-9', 206, '</script>'],
      ['bytes=8-', 206, 'alert(1)</script>'],
      ['bytes=16-999', 206, '</script>'],
      ['lines=1-2', 200, whole.body],
      ['bytes=5-2', 200, whole.body],
    ] as const) {
      expect(await call('GET', url, { range }), range).toMatchObject({ status, body })
    }
    const beyond = await call('GET', url, { range: 'bytes=25-' })
    expect(beyond).toMatchObject({ status: 416, body: { error: { code: 'bad_range' } } })
    expect(beyond.headers.get('content-range')).toBe('bytes */25')
    expect((await call('GET', url, { range: 'bytes=0-0', 'if-range': '"old"' })).status).toBe(200)
    expect((await call('GET', 'file?path=a%20b/link')).body).toBe(whole.body)
    const headOnly = await call('HEAD', url)
    expect([headOnly.status, headOnly.headers.get('content-length'), headOnly.body]).toEqual([200, '25', ''])
    put('a b/page.html', '<script>alert(2)</script>')
    expect((await call('GET', url, { 'if-none-match': etag })).status).toBe(200)
    put('empty', '')
    expect(await call('GET', 'file?path=empty')).toMatchObject({ status: 200, body: '' })
  })

  test('that is large comes whole, and its descriptor is closed when the reader leaves', async () => {
    put('big', '')
    truncateSync(join(workspace, 'big'), 50_000_000)
    expect((await call('GET', 'file?path=big')).body).toHaveLength(50_000_000)
    const open = () => readdirSync('/proc/self/fd').length
    const before = open()
    for (let round = 0; round < 5; round += 1) {
      const leaving = new AbortController()
      const response = await fetch(`${bench.server.url}/v1/sessions/${id}/workspace/file?path=big`, {
        headers: { authorization: `Bearer ${token}` },
        signal: leaving.signal,
      })
      await response.body?.getReader().read()
      leaving.abort()
    }
    await expect.poll(open).toBeLessThanOrEqual(before)
  })

  test('that is not there, not a file or not inside is refused', async () => {
    put('d/f', '')
    symlinkSync('/etc/passwd', join(workspace, 'passwd'))
    execFileSync('mkfifo', [join(workspace, 'pipe')])
    for (const [path, status, code] of [
      ['nope', 404, 'no_such_file'],
      ['d', 409, 'path_conflict'],
      ['d/', 400, 'bad_path'],
      ['pipe', 409, 'path_conflict'],
      ['passwd', 400, 'outside_workspace'],
      ['../x', 400, 'outside_workspace'],
      ['d/../../x', 400, 'outside_workspace'],
      ['/etc/passwd', 400, 'outside_workspace'],
      ['a%00b', 400, 'bad_path'],
      ['x'.repeat(300), 400, 'bad_path'],
      ['y/'.repeat(100), 400, 'bad_path'],
      ['z'.repeat(pathBytesMax + 1), 400, 'bad_path'],
      ['', 400, 'invalid_request'],
    ] as const) {
      expect(await call('GET', `file?path=${path}`), path).toMatchObject({ status, body: { error: { code } } })
    }
  })

  test('is removed, and so is a link, but not what it leads to', async () => {
    const outside = join(bench.folder.path, 'theirs')
    mkdirSync(outside)
    writeFileSync(join(outside, 'f'), '')
    put('d/f', '')
    symlinkSync(outside, join(workspace, 'out'))
    expect((await call('DELETE', 'file?path=d')).status).toBe(409)
    expect((await call('DELETE', 'file?path=d/f')).status).toBe(204)
    expect((await call('DELETE', 'file?path=d/f')).status).toBe(404)
    expect((await call('DELETE', 'file?path=d')).status).toBe(204)
    expect(await call('DELETE', 'file?path=out/f')).toMatchObject({
      status: 409,
      body: { error: { code: 'path_conflict' } },
    })
    expect((await call('DELETE', 'file?path=out')).status).toBe(204)
    expect(readdirSync(outside)).toEqual(['f'])
    expect((await call('DELETE', 'file?path=.')).status).toBe(400)
    expect((await call('DELETE', 'file?path=../x')).status).toBe(400)
  })
})

describe('a diff', () => {
  test('compares the workspace with the snapshot at or before an event', async () => {
    expect(await call('GET', 'diff?since=3')).toMatchObject({
      status: 404,
      body: { error: { code: 'unknown_snapshot' } },
    })
    put('a', 'one\n')
    await bench.snapshots.take({ id, workspace }, 2)
    put('a', 'two\n')
    await bench.snapshots.take({ id, workspace }, 5)
    put('new/b', 'b\n')
    expect((await call('GET', 'diff?since=4')).body).toMatchObject({
      from: 2,
      to: null,
      cut: false,
      files: [
        { path: 'a', status: 'modified', text: expect.stringContaining('-one\n+two\n') },
        { path: 'new/b', status: 'added' },
      ],
    })
    expect((await call('GET', 'diff?since=2&to=7')).body).toMatchObject({ from: 2, to: 5, files: [{ path: 'a' }] })
    expect((await call('GET', 'diff?since=2&path=new')).body.files).toHaveLength(1)
    for (const query of ['', 'since=x', 'since=-1', 'since=1.5', 'since=2&to=', 'since=2&path=../x']) {
      expect((await call('GET', `diff?${query}`)).status, query).toBe(400)
    }
  })
})

describe('an upload', () => {
  test('of parts goes to the paths they name, and replaces what is there', async () => {
    put('src/run.sh', 'old')
    execFileSync('chmod', ['+x', join(workspace, 'src/run.sh')])
    const files = { 'src/run.sh': 'new', 'src/ü b.bin': Buffer.from([0, 255]), 'c/d/e': '' }
    expect(await send(form(files))).toMatchObject({
      status: 201,
      body: {
        files: [
          { path: 'src/run.sh', bytes: 3 },
          { path: 'src/ü b.bin', bytes: 2 },
          { path: 'c/d/e', bytes: 0 },
        ],
      },
    })
    expect(readFileSync(join(workspace, 'src/run.sh'), 'utf8')).toBe('new')
    expect(statSync(join(workspace, 'src/run.sh')).mode & 0o111).toBe(0o111)
    expect(readFileSync(join(workspace, 'src/ü b.bin'))).toEqual(Buffer.from([0, 255]))
    expect((await send(form({ x: '1' }), '?path=into/here')).body.files).toEqual([{ path: 'into/here/x', bytes: 1 }])
    expect(staged()).toEqual([])
  })

  test('may be larger than other bodies, and lies on disk, not in memory', async () => {
    const { status } = await send(form({ big: Buffer.alloc(bodyBytesMax + 1) }))
    expect(status).toBe(201)
    expect(statSync(join(workspace, 'big')).size).toBe(bodyBytesMax + 1)
  })

  test('that cannot go to its places leaves nothing behind', async () => {
    const outside = join(bench.folder.path, 'theirs')
    mkdirSync(outside)
    put('a', 'kept')
    put('folder/f', '')
    put('file', '')
    symlinkSync(outside, join(workspace, 'out'))
    symlinkSync('a', join(workspace, 'link'))
    for (const [path, status, code] of [
      ['folder', 409, 'path_conflict'],
      ['link', 409, 'path_conflict'],
      ['file/below', 409, 'path_conflict'],
      ['out/x', 409, 'path_conflict'],
      ['../x', 400, 'outside_workspace'],
      ['/tmp/x', 400, 'outside_workspace'],
      ['n/../../x', 400, 'outside_workspace'],
      ['d/', 400, 'bad_path'],
      ['new/one', 400, 'bad_upload'],
      ['new', 400, 'bad_upload'],
      ['new/one/two', 400, 'bad_upload'],
      ['.auroracoder-staging-x', 400, 'bad_path'],
    ] as const) {
      const body = form({ a: 'replaced', 'new/one': '1' })
      body.append('file', new Blob(['x']), path)
      expect(await send(body), path).toMatchObject({ status, body: { error: { code } } })
    }
    expect(readFileSync(join(workspace, 'a'), 'utf8')).toBe('kept')
    expect(readdirSync(workspace).sort()).toEqual(['a', 'file', 'folder', 'link', 'out'])
    expect(readdirSync(outside)).toEqual([])
    expect((await send(form({}))).status).toBe(400)
  })

  test('in another form, cut off or too large is refused', async () => {
    const url = `/v1/sessions/${id}/workspace/upload`
    expect((await bench.call('POST', url, {})).status).toBe(415)
    const multipart = { 'content-type': 'multipart/form-data' }
    expect(await bench.call('POST', url, 'x', multipart)).toMatchObject({
      status: 400,
      body: { error: { code: 'bad_upload' } },
    })
    const bounded = { 'content-type': 'multipart/form-data; boundary=b' }
    const part = '--b\r\nContent-Disposition: form-data; name="f"; filename="x"\r\n\r\nhalf'
    expect((await bench.call('POST', url, part, bounded)).status).toBe(400)
    const field = '--b\r\nContent-Disposition: form-data; name="f"\r\n\r\nplain\r\n--b--\r\n'
    expect((await bench.call('POST', url, field, bounded)).status).toBe(400)
    const { host, hostname, port } = new URL(bench.server.url)
    const socket = connect(Number(port), hostname)
    const head = `POST ${url} HTTP/1.1\r\nHost: ${host}\r\nAuthorization: Bearer ${token}\r\nContent-Type: application/zip\r\n`
    socket.write(`${head}Content-Length: ${uploadBytesMax * 2}\r\n\r\n`)
    const answer = await new Promise<string>((resolve) => socket.once('data', (data) => resolve(data.toString())))
    expect(answer).toMatch(/^HTTP\/1.1 413/)
    socket.destroy()
    const leaving = connect(Number(port), hostname)
    leaving.write(`${head}Content-Length: 1000\r\n\r\nPK`)
    await expect.poll(staged).toHaveLength(1)
    leaving.destroy()
    await expect.poll(staged).toEqual([])
    expect(readdirSync(workspace)).toEqual([])
  })

  test('of too many files is refused', async () => {
    const entries = Array.from({ length: uploadFilesMax + 1 }, (_, index) => ({ name: `f${index}`, content: '' }))
    expect(await send(zipOf(entries))).toMatchObject({ status: 413, body: { error: { code: 'too_large' } } })
    expect(readdirSync(workspace)).toEqual([])
  })
})

describe('an archive', () => {
  test('is unpacked, from a body of its own or a part', async () => {
    const zip = zipOf([
      { name: 'dir/', content: '', mode: 0o040755 },
      { name: 'dir/run', content: 'echo', mode: 0o100755 },
      { name: 'plain', content: 'text\n'.repeat(1_000) },
    ])
    expect((await send(zip, '?path=sub')).body).toEqual({
      files: [
        { path: 'sub/dir/run', bytes: 4 },
        { path: 'sub/plain', bytes: 5_000 },
      ],
    })
    expect(statSync(join(workspace, 'sub/dir/run')).mode & 0o100).toBe(0o100)
    expect((await send(form({ 'any.zip': zip }), '?extract=1')).status).toBe(201)
    expect(readFileSync(join(workspace, 'plain'), 'utf8')).toHaveLength(5_000)
    expect((await send(form({ 'any.zip': zip }))).body.files).toEqual([{ path: 'any.zip', bytes: zip.length }])
    expect(staged()).toEqual([])
  })

  const fine = { name: 'fine', content: 'fine' }
  const bomb = Buffer.alloc(ratioFreeBytes + 1 + unpackedRatioMax * 5_000)
  test.each([
    ['that climbs out', zipOf([fine, { name: '../x', content: '' }]), 'outside_workspace'],
    ['with an absolute path', zipOf([fine, { name: '/tmp/x', content: '' }]), 'outside_workspace'],
    ['with a backslash', zipOf([fine, { name: 'a\\..\\b', content: '' }]), 'bad_upload'],
    ['with a drive', zipOf([fine, { name: 'c:/x', content: '' }]), 'outside_workspace'],
    ['with a link', zipOf([fine, { name: 'l', content: '/etc', mode: 0o120777 }]), 'bad_upload'],
    ['with a device', zipOf([fine, { name: 'l', content: '', mode: 0o020666 }]), 'bad_upload'],
    ['with one name twice', zipOf([fine, { name: './fine', content: '' }]), 'bad_upload'],
    ['with a file that is a folder too', zipOf([fine, { name: 'fine/x', content: '' }]), 'bad_upload'],
    ['that is encrypted', zipOf([fine, { name: 'e', content: 'x', flags: 1 }]), 'bad_upload'],
    ['of an unknown method', zipOf([fine, { name: 'e', content: 'x', method: 99 }]), 'bad_upload'],
    ['with a wrong sum', zipOf([fine, { name: 'e', content: 'x', crc: 1 }]), 'bad_upload'],
    ['that says a file is smaller', zipOf([fine, { name: 'e', content: 'xxxxx', bytes: 2 }]), 'bad_upload'],
    ['that says a file is larger', zipOf([fine, { name: 'e', content: 'xx', bytes: 500 }]), 'bad_upload'],
    ['that says a file is huge', zipOf([fine, { name: 'e', content: 'x', bytes: 0xffff_fffe }]), 'too_large'],
    ['that promises zip64 and has none', zipOf([fine, { name: 'e', content: 'x', bytes: 0xffff_ffff }]), 'too_large'],
    ['that is a bomb', zipOf([fine, { name: 'e', content: bomb }]), 'too_large'],
    ['that is cut', zipOf([fine]).subarray(0, -30), 'bad_upload'],
    ['that is none', Buffer.from('no archive at all, but long enough to be looked at'), 'bad_upload'],
    ['that is empty', Buffer.alloc(0), 'bad_upload'],
    ['with a path too deep', zipOf([fine, { name: 'd/'.repeat(100), content: '' }]), 'bad_path'],
  ])('%s is refused, and nothing of it stays', async (_, zip, code) => {
    const answer = await send(zip)
    expect(answer).toMatchObject({ status: code === 'too_large' ? 413 : 400, body: { error: { code } } })
    expect(readdirSync(workspace)).toEqual([])
    expect(existsSync('/tmp/x')).toBe(false)
  })
})

describe('a download', () => {
  test('is an archive that can be uploaded again, without what links lead to', async () => {
    put('src/a.txt', 'a')
    put('src/run', '#!/bin/sh\n')
    execFileSync('chmod', ['+x', join(workspace, 'src/run')])
    symlinkSync('/etc', join(workspace, 'src/etc'))
    const response = await fetch(`${bench.server.url}/v1/sessions/${id}/workspace/download?path=src`, {
      headers: { authorization: `Bearer ${token}` },
    })
    expect(response.headers.get('content-type')).toBe('application/zip')
    expect(response.headers.get('content-disposition')).toContain('src.zip')
    const zip = Buffer.from(await response.arrayBuffer())
    expect((await send(zip, '?path=again')).body.files.map(({ path }: { path: string }) => path).sort()).toEqual([
      'again/a.txt',
      'again/run',
    ])
    expect(statSync(join(workspace, 'again/run')).mode & 0o100).toBe(0o100)
  })

  test('of what is no folder of the workspace is refused', async () => {
    put('file', '')
    symlinkSync('/etc', join(workspace, 'out'))
    for (const [path, status] of [
      ['nowhere', 404],
      ['file', 409],
      ['out', 400],
      ['..', 400],
    ] as const) {
      expect((await call('GET', `download?path=${path}`)).status, path).toBe(status)
    }
    expect((await call('HEAD', 'download')).status).toBe(200)
  })

  test('that its reader leaves is let go of', async () => {
    for (let index = 0; index < 30; index += 1) put(`f${index}`, Buffer.alloc(1_000_000, Math.random().toString()))
    const open = () => readdirSync('/proc/self/fd').length
    const before = open()
    for (let round = 0; round < 3; round += 1) {
      const leaving = new AbortController()
      const response = await fetch(`${bench.server.url}/v1/sessions/${id}/workspace/download`, {
        headers: { authorization: `Bearer ${token}` },
        signal: leaving.signal,
      })
      await response.body?.getReader().read()
      leaving.abort()
    }
    await expect.poll(open, { timeout: 10_000 }).toBeLessThanOrEqual(before)
  })
})

interface ZipEntry {
  name: string
  content: string | Buffer
  mode?: number
  flags?: number
  method?: number
  crc?: number
  /** What it says of its size. */
  bytes?: number
}

/** Archives that a well-behaved writer would not make. */
function zipOf(entries: readonly ZipEntry[]): Buffer {
  const locals: Buffer[] = []
  const central: Buffer[] = []
  let offset = 0
  for (const { name, content, mode = 0o100644, flags = 0x800, method = 8, crc, bytes } of entries) {
    const data = Buffer.from(content)
    const packed = method === 0 ? data : deflateRawSync(data)
    const file = Buffer.from(name)
    const shared = Buffer.alloc(26)
    shared.writeUInt16LE(20, 0)
    shared.writeUInt16LE(flags, 2)
    shared.writeUInt16LE(method, 4)
    shared.writeUInt32LE(crc ?? crc32(data), 10)
    shared.writeUInt32LE(packed.length, 14)
    shared.writeUInt32LE(bytes ?? data.length, 18)
    shared.writeUInt16LE(file.length, 22)
    const local = Buffer.concat([Buffer.from('PK\x03\x04'), shared, file, packed])
    const tail = Buffer.alloc(14)
    tail.writeUInt32LE((mode << 16) >>> 0, 6)
    tail.writeUInt32LE(offset, 10)
    central.push(Buffer.concat([Buffer.from('PK\x01\x02'), Buffer.from([20, 3]), shared, tail, file]))
    locals.push(local)
    offset += local.length
  }
  const directory = Buffer.concat(central)
  const end = Buffer.alloc(18)
  end.writeUInt16LE(entries.length, 4)
  end.writeUInt16LE(entries.length, 6)
  end.writeUInt32LE(directory.length, 8)
  end.writeUInt32LE(offset, 12)
  return Buffer.concat([...locals, directory, Buffer.from('PK\x05\x06'), end])
}
