import { execFileSync } from 'node:child_process'
import { mkdirSync, readdirSync, statSync, symlinkSync, truncateSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { pathBytesMax, treeEntriesMax } from '../sessions/workspace-files/limits.js'
import { token } from './server.fixture.js'
import { createFilesBench, type FilesBench } from './workspace.fixture.js'

let bench: FilesBench
let id: string
let workspace: string
beforeEach(async () => {
  bench = await createFilesBench()
  id = bench.id
  workspace = bench.workspace
})
afterEach(() => bench.dispose())

describe('the tree', () => {
  test('lists folders level by level, shows links without following them, and says what is cut', async () => {
    bench.put('src/a.ts', '12345')
    bench.put('src/deep/b.ts', '')
    bench.put('.git/HEAD', '')
    symlinkSync('/etc', join(workspace, 'out'))
    const one = await bench.files('GET', 'tree')
    expect(one.body.entries.map(({ path, type }: { path: string; type: string }) => [path, type])).toEqual([
      ['.git', 'folder'],
      ['out', 'link'],
      ['src', 'folder'],
    ])
    const deep = await bench.files('GET', 'tree?depth=5')
    expect(deep.body.entries.map(({ path }: { path: string }) => path)).toEqual([
      '.git',
      'out',
      'src',
      'src/a.ts',
      'src/deep',
      'src/deep/b.ts',
    ])
    expect((await bench.files('GET', 'tree?path=src')).body).toMatchObject({
      path: 'src',
      entries: [
        { path: 'src/a.ts', type: 'file', bytes: 5, mtime: expect.stringMatching(/^\d{4}-/) },
        { path: 'src/deep' },
      ],
      cut: [],
    })
    mkdirSync(join(workspace, 'many'))
    for (let index = 0; index < treeEntriesMax + 7; index += 1) writeFileSync(join(workspace, 'many', `f${index}`), '')
    const cut = await bench.files('GET', 'tree?path=many')
    expect(cut.body.entries).toHaveLength(treeEntriesMax)
    expect(cut.body.cut).toEqual([{ path: 'many', missing: 7 }])
  })

  test('refuses what is no folder of the workspace', async () => {
    bench.put('file', '')
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
      expect(await bench.files('GET', `tree?${query}`), query).toMatchObject({ status, body: { error: { code } } })
    }
    expect(await bench.call('GET', '/v1/sessions/nobody/workspace/tree')).toMatchObject({
      status: 404,
      body: { error: { code: 'unknown_session' } },
    })
  })
})

describe('a file', () => {
  test('is read whole, in part, or not at all when it is known', async () => {
    bench.put('a b/page.html', '<script>alert(1)</script>')
    symlinkSync('page.html', join(workspace, 'a b/link'))
    const url = 'file?path=a%20b/page.html'
    const whole = await bench.files('GET', url)
    expect(whole).toMatchObject({ status: 200, body: '<script>alert(1)</script>' })
    const head = (name: string) => whole.headers.get(name)
    expect(head('content-type')).toMatch('text/html')
    expect(head('content-security-policy')).toBe("sandbox; default-src 'none'")
    expect(head('content-disposition')).toBe(`attachment; filename="page.html"; filename*=UTF-8''page.html`)
    expect(head('x-content-type-options')).toBe('nosniff')
    const etag = head('etag') ?? ''
    expect(await bench.files('GET', url, { 'if-none-match': `"other", W/${etag}` })).toMatchObject({
      status: 304,
      body: '',
    })
    for (const [range, status, body] of [
      ['bytes=1-6', 206, 'script'],
      ['bytes=-9', 206, '</script>'],
      ['bytes=8-', 206, 'alert(1)</script>'],
      ['bytes=16-999', 206, '</script>'],
      ['lines=1-2', 200, whole.body],
      ['bytes=5-2', 200, whole.body],
    ] as const) {
      expect(await bench.files('GET', url, { range }), range).toMatchObject({ status, body })
    }
    const beyond = await bench.files('GET', url, { range: 'bytes=25-' })
    expect(beyond).toMatchObject({ status: 416, body: { error: { code: 'bad_range' } } })
    expect(beyond.headers.get('content-range')).toBe('bytes */25')
    expect((await bench.files('GET', url, { range: 'bytes=0-0', 'if-range': '"old"' })).status).toBe(200)
    expect((await bench.files('GET', 'file?path=a%20b/link')).body).toBe(whole.body)
    const headOnly = await bench.files('HEAD', url)
    expect([headOnly.status, headOnly.headers.get('content-length'), headOnly.body]).toEqual([200, '25', ''])
    bench.put('a b/page.html', '<script>alert(2)</script>')
    expect((await bench.files('GET', url, { 'if-none-match': etag })).status).toBe(200)
    bench.put('empty', '')
    expect(await bench.files('GET', 'file?path=empty')).toMatchObject({ status: 200, body: '' })
  })

  test('that is large comes whole, and its descriptor is closed when the reader leaves', async () => {
    bench.put('big', '')
    truncateSync(join(workspace, 'big'), 50_000_000)
    expect((await bench.files('GET', 'file?path=big')).body).toHaveLength(50_000_000)
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
    bench.put('d/f', '')
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
      expect(await bench.files('GET', `file?path=${path}`), path).toMatchObject({ status, body: { error: { code } } })
    }
  })

  test('is removed, and so is a link, but not what it leads to', async () => {
    const outside = join(bench.folder.path, 'theirs')
    mkdirSync(outside)
    writeFileSync(join(outside, 'f'), '')
    bench.put('d/f', '')
    symlinkSync(outside, join(workspace, 'out'))
    expect((await bench.files('DELETE', 'file?path=d')).status).toBe(409)
    expect((await bench.files('DELETE', 'file?path=d/f')).status).toBe(204)
    expect((await bench.files('DELETE', 'file?path=d/f')).status).toBe(404)
    expect((await bench.files('DELETE', 'file?path=d')).status).toBe(204)
    expect(await bench.files('DELETE', 'file?path=out/f')).toMatchObject({
      status: 409,
      body: { error: { code: 'path_conflict' } },
    })
    expect((await bench.files('DELETE', 'file?path=out')).status).toBe(204)
    expect(readdirSync(outside)).toEqual(['f'])
    expect((await bench.files('DELETE', 'file?path=.')).status).toBe(400)
    expect((await bench.files('DELETE', 'file?path=../x')).status).toBe(400)
  })
})

describe('a diff', () => {
  test('compares the workspace with the snapshot at or before an event', async () => {
    expect(await bench.files('GET', 'diff?since=3')).toMatchObject({
      status: 404,
      body: { error: { code: 'unknown_snapshot' } },
    })
    bench.put('a', 'one\n')
    await bench.snapshots.take({ id, workspace }, 2)
    bench.put('a', 'two\n')
    await bench.snapshots.take({ id, workspace }, 5)
    bench.put('new/b', 'b\n')
    expect((await bench.files('GET', 'diff?since=4')).body).toMatchObject({
      from: 2,
      to: null,
      cut: false,
      files: [
        { path: 'a', status: 'modified', text: expect.stringContaining('-one\n+two\n') },
        { path: 'new/b', status: 'added' },
      ],
    })
    expect((await bench.files('GET', 'diff?since=2&to=7')).body).toMatchObject({
      from: 2,
      to: 5,
      files: [{ path: 'a' }],
    })
    expect((await bench.files('GET', 'diff?since=2&path=new')).body.files).toHaveLength(1)
    for (const query of ['', 'since=x', 'since=-1', 'since=1.5', 'since=2&to=', 'since=2&path=../x']) {
      expect((await bench.files('GET', `diff?${query}`)).status, query).toBe(400)
    }
  })
})

describe('a download', () => {
  test('is an archive that can be uploaded again, without what links lead to', async () => {
    bench.put('src/a.txt', 'a')
    bench.put('src/run', '#!/bin/sh\n')
    execFileSync('chmod', ['+x', join(workspace, 'src/run')])
    symlinkSync('/etc', join(workspace, 'src/etc'))
    const response = await fetch(`${bench.server.url}/v1/sessions/${id}/workspace/download?path=src`, {
      headers: { authorization: `Bearer ${token}` },
    })
    expect(response.headers.get('content-type')).toBe('application/zip')
    expect(response.headers.get('content-disposition')).toContain('src.zip')
    const zip = Buffer.from(await response.arrayBuffer())
    expect((await bench.send(zip, '?path=again')).body.files.map(({ path }: { path: string }) => path).sort()).toEqual([
      'again/a.txt',
      'again/run',
    ])
    expect(statSync(join(workspace, 'again/run')).mode & 0o100).toBe(0o100)
  })

  test('of what is no folder of the workspace is refused', async () => {
    bench.put('file', '')
    symlinkSync('/etc', join(workspace, 'out'))
    for (const [path, status] of [
      ['nowhere', 404],
      ['file', 409],
      ['out', 400],
      ['..', 400],
    ] as const) {
      expect((await bench.files('GET', `download?path=${path}`)).status, path).toBe(status)
    }
    expect((await bench.files('HEAD', 'download')).status).toBe(200)
  })

  test('that its reader leaves is let go of', async () => {
    for (let index = 0; index < 30; index += 1)
      bench.put(`f${index}`, Buffer.alloc(1_000_000, Math.random().toString()))
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
