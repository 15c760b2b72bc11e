import { execFileSync } from 'node:child_process'
import { existsSync, mkdirSync, readdirSync, readFileSync, statSync, symlinkSync } from 'node:fs'
import { connect } from 'node:net'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { uploadBytesMax } from '../sessions/index.js'
import { ratioFreeBytes, unpackedRatioMax, uploadFilesMax } from '../sessions/workspace-files/limits.js'
import { bodyBytesMax } from './body-limit.js'
import { token } from './server.fixture.js'
import { createFilesBench, type FilesBench, formOf } from './workspace.fixture.js'
import { zipOf } from './zip.fixture.js'

let bench: FilesBench
let id: string
let workspace: string
beforeEach(async () => {
  bench = await createFilesBench()
  id = bench.id
  workspace = bench.workspace
})
afterEach(() => bench.dispose())

describe('an upload', () => {
  test('of parts goes to the paths they name, and replaces what is there', async () => {
    bench.put('src/run.sh', 'old')
    execFileSync('chmod', ['+x', join(workspace, 'src/run.sh')])
    const files = { 'src/run.sh': 'new', 'src/ü b.bin': Buffer.from([0, 255]), 'c/d/e': '' }
    expect(await bench.send(formOf(files))).toMatchObject({
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
    expect((await bench.send(formOf({ x: '1' }), '?path=into/here')).body.files).toEqual([
      { path: 'into/here/x', bytes: 1 },
    ])
    expect(bench.staged()).toEqual([])
  })

  test('may be larger than other bodies, and lies on disk, not in memory', async () => {
    const { status } = await bench.send(formOf({ big: Buffer.alloc(bodyBytesMax + 1) }))
    expect(status).toBe(201)
    expect(statSync(join(workspace, 'big')).size).toBe(bodyBytesMax + 1)
  })

  test('that cannot go to its places leaves nothing behind', async () => {
    const outside = join(bench.folder.path, 'theirs')
    mkdirSync(outside)
    bench.put('a', 'kept')
    bench.put('folder/f', '')
    bench.put('file', '')
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
      const body = formOf({ a: 'replaced', 'new/one': '1' })
      body.append('file', new Blob(['x']), path)
      expect(await bench.send(body), path).toMatchObject({ status, body: { error: { code } } })
    }
    expect(readFileSync(join(workspace, 'a'), 'utf8')).toBe('kept')
    expect(readdirSync(workspace).sort()).toEqual(['a', 'file', 'folder', 'link', 'out'])
    expect(readdirSync(outside)).toEqual([])
    expect((await bench.send(formOf({}))).status).toBe(400)
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
    await expect.poll(bench.staged).toHaveLength(1)
    leaving.destroy()
    await expect.poll(bench.staged).toEqual([])
    expect(readdirSync(workspace)).toEqual([])
  })

  test('of too many files is refused', async () => {
    const entries = Array.from({ length: uploadFilesMax + 1 }, (_, index) => ({ name: `f${index}`, content: '' }))
    expect(await bench.send(zipOf(entries))).toMatchObject({ status: 413, body: { error: { code: 'too_large' } } })
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
    expect((await bench.send(zip, '?path=sub')).body).toEqual({
      files: [
        { path: 'sub/dir/run', bytes: 4 },
        { path: 'sub/plain', bytes: 5_000 },
      ],
    })
    expect(statSync(join(workspace, 'sub/dir/run')).mode & 0o100).toBe(0o100)
    expect((await bench.send(formOf({ 'any.zip': zip }), '?extract=1')).status).toBe(201)
    expect(readFileSync(join(workspace, 'plain'), 'utf8')).toHaveLength(5_000)
    expect((await bench.send(formOf({ 'any.zip': zip }))).body.files).toEqual([{ path: 'any.zip', bytes: zip.length }])
    expect(bench.staged()).toEqual([])
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
    const answer = await bench.send(zip)
    expect(answer).toMatchObject({ status: code === 'too_large' ? 413 : 400, body: { error: { code } } })
    expect(readdirSync(workspace)).toEqual([])
    expect(existsSync('/tmp/x')).toBe(false)
  })
})
