import { execFile } from 'node:child_process'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { afterEach, describe, expect, test } from 'vitest'
import { missingSandbox, openWorld, type World, type WorldOptions } from './world.js'

const missing = await missingSandbox()
const docker = async (...args: string[]) => (await promisify(execFile)('docker', args)).stdout.trim()

const worlds: World[] = []
afterEach(async () => {
  await Promise.all(worlds.splice(0).map((world) => world.close()))
})

async function open(options?: WorldOptions): Promise<World> {
  const world = await openWorld(options)
  worlds.push(world)
  return world
}

async function nameOf({ sandboxes, workspace }: World): Promise<string> {
  const found = (await sandboxes.list()).find((each) => each.workspace === workspace)
  if (!found) throw new Error('There is no container of this workspace.')
  return found.name
}

test('the life of a sandbox can be tested here', (context) => {
  if (missing) context.skip(missing)
  expect(missing).toBeUndefined()
})

describe.skipIf(missing)('a sandbox', { timeout: 90_000 }, () => {
  test('is one of ten that work at once, each on its own', async () => {
    const ids = Array.from({ length: 10 }, (_, index) => `ses_${index}`)
    const ten = await Promise.all(ids.map((sessionId) => open({ sessionId })))
    const outputs = await Promise.all(ten.map(({ command }, index) => command(`echo ${index} > mine; hostname; ls`)))
    for (const { facts } of outputs) expect(facts).toMatchObject({ exit_code: 0 })
    for (const [index, { workspace }] of ten.entries()) {
      expect(await readFile(join(workspace, 'mine'), 'utf8')).toBe(`${index}\n`)
    }
  })

  test('remembers after a stop what its servers kept, and forgets it when told to', async () => {
    const { sandbox, sandboxes, workspace } = await open()
    const file = await sandbox.keep({ name: 'output', text: 'all of it\n' })
    await sandbox.stop()
    await expect(sandbox.connect('files')).rejects.toThrow('has been stopped')
    const next = sandboxes.create({ sessionId: 'ses_test', workspace, driver: 'docker' })
    expect(await next.exec({ command: ['cat', file] })).toMatchObject({ stdout: 'all of it\n' })
    await next.forget()
    const last = sandboxes.create({ sessionId: 'ses_test', workspace, driver: 'docker' })
    expect(await last.exec({ command: ['cat', file] })).toMatchObject({ exitCode: 1 })
    await last.forget()
  })

  test('keeps texts where its commands read them', async () => {
    const { sandbox, command } = await open()
    const text = 'größer than a pipe\n'.repeat(20_000)
    const file = await sandbox.keep({ name: 'output', text })
    expect((await command(`wc -c < ${file}`)).text).toContain(String(Buffer.byteLength(text)))
  })

  test('pauses, and goes on where it was', async () => {
    const world = await open()
    await world.sandbox.pause()
    expect(await docker('inspect', '-f', '{{.State.Paused}}', await nameOf(world))).toBe('true')
    await world.sandbox.resume()
    expect((await world.command('echo awake')).text).toContain('awake')
  })

  test('is frozen for all who want it to be, and moves when the last has done', async () => {
    const world = await open()
    const name = await nameOf(world)
    const isPaused = () => docker('inspect', '-f', '{{.State.Paused}}', name)
    const works = await Promise.all([1, 2, 3].map(() => world.sandbox.frozen(isPaused)))
    expect(works).toEqual(['true', 'true', 'true'])
    expect((await world.command('echo moving')).text).toContain('moving')
  })

  test('runs a program with its arguments as they are, and kills it when it is told to', async () => {
    const { sandbox, workspace, command } = await open()
    const echoed = await sandbox.exec({ command: ['printf', '%s|', 'a b', '$HOME', '; id'] })
    expect(echoed).toMatchObject({ exitCode: 0, stdout: 'a b|$HOME|; id|' })
    expect(await sandbox.exec({ command: ['sh', '-c', 'pwd; echo no >&2; exit 3'] })).toEqual({
      exitCode: 3,
      stdout: `${workspace}\n`,
      stderr: 'no\n',
    })
    await expect(sandbox.exec({ command: ['true'], root: true })).rejects.toThrow('profile dev')
    const abort = new AbortController()
    const sleeping = sandbox.exec({ command: ['sh', '-c', 'touch asleep; exec sleep 1234'], signal: abort.signal })
    await expect
      .poll(() =>
        readFile(join(workspace, 'asleep')).then(
          () => true,
          () => false,
        ),
      )
      .toBe(true)
    abort.abort(new Error('enough'))
    await expect(sleeping).rejects.toThrow('enough')
    expect((await command('pgrep -f "sleep 1234" | wc -l')).text).toMatch(/^[01]\b/)
  })

  test('a server that hangs ends when its stream is closed', async () => {
    const { sandbox, command } = await open()
    const { stream, exited } = await sandbox.connect('files')
    await command('pkill -STOP -n -f "start.cjs files"')
    stream.destroy()
    expect(await exited).toMatchObject({ exitCode: 137 })
  })

  test('with the profile dev installs as root, and starts again from its snapshot', async () => {
    const world = await open({ docker: { profile: 'dev' } })
    const installed = await world.sandbox.exec({
      command: [
        'sh',
        '-c',
        'printf "#!/bin/sh\\necho installed\\n" > /usr/local/bin/added && chmod 755 /usr/local/bin/added && chown 1000 /usr/local/bin/added',
      ],
      root: true,
    })
    expect(installed).toMatchObject({ exitCode: 0 })
    const image = await world.sandbox.snapshot('test-snapshot')
    try {
      const again = await open({ sessionId: 'ses_again', docker: { image } })
      expect((await again.command('added')).text).toContain('installed')
      await again.close()
      worlds.splice(worlds.indexOf(again), 1)
    } finally {
      await docker('image', 'rm', '-f', image)
    }
  })

  test('that keeps too many files is stopped with the reason, and can tidy up', async () => {
    const world = await open({ docker: { workspaceBytesMax: 16 * 1024 ** 2 } })
    const { text } = await world.command('dd if=/dev/zero of=large bs=1M count=400; sleep 30', {
      timeout_ms: 40_000,
      yield_ms: 40_000,
    })
    expect(text).toMatch(/keeps \d+ MiB of files/)
    expect((await world.command('rm large; echo tidy')).text).toContain('tidy')
  })

  test('whose image is not there says how to get it', async () => {
    await expect(open({ docker: { image: 'auroracoder-nothing:1' } })).rejects.toThrow('auroracoder sandbox build')
  })

  test('runs as root without a right, on a folder of root', { skip: process.getuid?.() !== 0 }, async () => {
    const world = await open({ uid: 0 })
    expect((await world.command('id -u; grep CapEff /proc/self/status; echo x > file')).text).toMatch(
      /^0\nCapEff:\s+0{16}\n/,
    )
    expect(
      (await world.command('echo x > /etc/x; kill -9 1; cat /etc/shadow | wc -c; mount -t tmpfs x /mnt')).text,
    ).toMatch(/Read-only/)
    await world.command('kill -9 -1')
    expect((await world.command('echo on')).text).toContain('on')
  })
})
