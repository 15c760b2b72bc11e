import { execFile } from 'node:child_process'
import { readdir, readFile, stat, writeFile } from 'node:fs/promises'
import { createServer } from 'node:net'
import { networkInterfaces } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { missingSandbox, openWorld, type World } from './world.js'

const missing = await missingSandbox()
const secret = 'sk-live-0123456789abcdef'

describe.skipIf(missing)('from inside, with the shell tool', () => {
  let world: World
  beforeAll(async () => {
    // What the service has in its environment is what a break-out would look for.
    process.env.DEEPSEEK_API_KEY = secret
    world = await openWorld({
      docker: { limits: { memoryBytesMax: 512 * 1024 * 1024, temporaryBytesMax: 64 * 1024 * 1024 } },
    })
    await writeFile(join(world.folder, 'outside.txt'), 'a secret of the host')
  }, 60_000)
  afterAll(async () => {
    delete process.env.DEEPSEEK_API_KEY
    await world.close()
  })

  const output = async (command: string): Promise<string> => (await world.command(command)).text
  /** The session must still do what it did before. */
  const stillWorks = async (): Promise<void> => {
    const { text, facts } = await world.command('touch alive && rm alive && echo still here')
    expect(text).toContain('still here')
    expect(facts).toMatchObject({ exit_code: 0 })
  }

  test('files of the host are not there', async () => {
    expect(await output(`cat ${join(world.folder, 'outside.txt')}`)).toContain('No such file or directory')
    expect(await output(`ls -A ${world.folder}`)).toMatch(/workspace/)
    expect(await output('ls /root /home /host /mnt /media 2>&1')).not.toContain('outside')
    expect(await output('cat /etc/shadow')).toContain('Permission denied')
  })

  test('nothing outside of the workspace can be written but memory', async () => {
    for (const place of [
      '/etc/x',
      '/usr/bin/x',
      '/opt/auroracoder/x',
      '/x',
      '/root/x',
      '/proc/sys/kernel/hostname',
      '/sys/x',
    ]) {
      expect(await output(`echo x > ${place}`)).toMatch(/Read-only file system|Permission denied|No such file/)
    }
    expect(await output(`echo x > ${join(world.folder, 'escaped')}`)).toMatch(/Read-only file system|Permission denied/)
    expect(await readdir(world.folder)).not.toContain('escaped')
  })

  test('what is written belongs to the user whose folder it is', async () => {
    await world.command('echo hello > mine.txt')
    await world.call('write_file', { path: 'also-mine.txt', content: 'hello\n' })
    const owner = await stat(world.workspace)
    for (const name of ['mine.txt', 'also-mine.txt']) {
      expect(await stat(join(world.workspace, name))).toMatchObject({ uid: owner.uid, gid: owner.gid })
    }
  })

  test('a link that leads out of the workspace leads nowhere', async () => {
    await world.command(`ln -s ${join(world.folder, 'outside.txt')} link && ln -s / root`)
    expect(await output('cat link')).toContain('No such file or directory')
    expect((await world.call('read_file', { path: 'link' })).ok).toBe(false)
    expect((await world.call('read_file', { path: 'root/etc/passwd' })).ok).toBe(false)
  })

  test('there is no network of the host, by address or by name', async () => {
    const server = createServer((socket) => socket.end('the host')).listen(0, '0.0.0.0')
    await new Promise((listening) => server.once('listening', listening))
    const address = server.address()
    const port = typeof address === 'object' && address ? address.port : 0
    const lan = Object.values(networkInterfaces()).flatMap((each) => each ?? [])
    const addresses = [
      '127.0.0.1',
      '172.17.0.1',
      '169.254.169.254',
      ...lan.filter(({ family }) => family === 'IPv4').map(({ address }) => address),
    ]
    try {
      for (const each of new Set(addresses)) {
        const text = await output(`timeout 3 bash -c 'exec 3<>/dev/tcp/${each}/${port} && cat <&3'`)
        expect(text).toMatch(/Connection refused|Network is unreachable|exit code/)
        expect(text).not.toContain('the host')
      }
      expect(await output('getent hosts example.com; cat /proc/net/dev')).not.toMatch(/eth0/)
      expect(await output(`curl -sS -m 3 --noproxy '*' http://example.com`)).toMatch(/Could not resolve/)
    } finally {
      server.close()
    }
  })

  test('the engine and other containers are out of reach', async () => {
    expect(await output('ls -la /var/run/docker.sock /run/docker.sock')).toMatch(/No such file/)
    expect(await output('find / -xdev -name "docker*.sock" 2>/dev/null; echo done')).toMatch(/done/)
    expect(await output('ls /proc | grep -c "^[0-9]"')).toMatch(/^\d{1,2}\b/)
  })

  test('the root that keeps the container alive cannot be signalled, traced or read', async () => {
    expect(await output('kill -9 1')).toContain('Operation not permitted')
    expect(await output('cat /proc/1/environ')).toContain('Permission denied')
    expect(await output('pkill -9 sleep; pkill -9 tini; pkill -9 docker-init; echo gone on')).toContain('gone on')
    await stillWorks()
  })

  test('keys of the service are nowhere: not in environments, command lines or files', async () => {
    expect(await output('cat /proc/*/environ /proc/*/cmdline 2>/dev/null | tr "\\0" "\\n"')).not.toMatch(
      /sk-live|API_KEY/,
    )
    expect(await output('env')).not.toMatch(/KEY|TOKEN|SECRET/)
    const found = await output(
      `grep -rIls "${secret}" / --exclude-dir=proc --exclude-dir=sys 2>/dev/null; echo searched`,
    )
    expect(found).toMatch(/^searched/)
  })

  test('the environment of a process under another uid cannot be read', async () => {
    const { name } = await containerOf(world)
    const docker = promisify(execFile)
    await docker('docker', ['exec', '-d', '-u', '1001', '-e', `SEARCH_KEY=${secret}`, name, 'sleep', '300'])
    expect(
      await output('for p in /proc/[0-9]*; do [ "$(stat -c %u $p)" = 1001 ] && cat $p/environ $p/mem $p/maps; done'),
    ).toMatch(/Permission denied/)
    expect(await output('cat /proc/*/environ 2>/dev/null | tr "\\0" "\\n"')).not.toContain(secret)
    expect(await output('pkill -9 -u 1001')).toMatch(/Operation not permitted|not permitted/)
  })

  test('no more rights can be had: mount, unshare, chroot, devices, setuid, ptrace of others', async () => {
    expect(await output('mount -t tmpfs none /mnt')).toMatch(/permission denied|must be superuser|not permitted/i)
    expect(await output('unshare -Ur true; unshare -m true')).toMatch(/not permitted/i)
    expect(await output('chroot / true')).toMatch(/not permitted/i)
    expect(await output('mknod /tmp/disk b 8 0')).toMatch(/not permitted/i)
    expect(await output('find / -xdev -perm /6000 -type f 2>/dev/null; echo none')).toMatch(/^none/)
    expect(await output('grep -E "CapEff|CapBnd|NoNewPrivs|Seccomp:" /proc/self/status')).toMatch(
      /CapEff:\s+0{16}\nCapBnd:\s+0{16}\nNoNewPrivs:\s+1\nSeccomp:\s+2/,
    )
    const trace =
      'python3 -c "import ctypes; l=ctypes.CDLL(None,use_errno=True); print(l.ptrace(16,1,0,0), ctypes.get_errno())"'
    expect(await output(trace)).toContain('-1 1')
  })

  test('a signal to everything ends the servers, and the next call goes on', async () => {
    const { text } = await world.command('kill -9 -1')
    expect(text).toMatch(/ended during the call/)
    await stillWorks()
    expect((await world.call('write_file', { path: 'after.txt', content: 'x\n' })).ok).toBe(true)
  })

  test('a fork bomb ends with the sandbox, which starts again', { timeout: 60_000 }, async () => {
    let told = (await world.command('b() { b | b & }; b; sleep 20; echo over', { timeout: 20 })).text
    while (!told.includes('limit')) told = await output('echo anything')
    expect(told).toContain('512 is the limit')
    await stillWorks()
  })

  test('a process that takes all memory is killed, and the model is told why', { timeout: 60_000 }, async () => {
    const { text } = await world.command('python3 -c "x = bytearray(2 * 1024 ** 3)"')
    expect(text).toMatch(/137|[Kk]illed/)
    expect(text).toContain('memory of the sandbox')
    await stillWorks()
  })

  test('temporary files have a limit', async () => {
    expect(await output('dd if=/dev/zero of=/tmp/full bs=1M count=200; rm -f /tmp/full')).toContain('No space left')
    expect(await output('dd if=/dev/zero of=$HOME/full bs=1M count=200; rm -f $HOME/full')).toContain('No space left')
    await stillWorks()
  })

  test('another session’s workspace is not there', async () => {
    const other = await openWorld({ sessionId: 'ses_other' })
    try {
      await other.command('echo private > private.txt')
      expect(await readFile(join(other.workspace, 'private.txt'), 'utf8')).toBe('private\n')
      expect(await output(`cat ${join(other.workspace, 'private.txt')}`)).toContain('No such file')
    } finally {
      await other.close()
    }
  })
})

test('the break-out tests run here', (context) => {
  if (missing) context.skip(missing)
  expect(missing).toBeUndefined()
})

async function containerOf({ sandboxes, workspace }: World) {
  const found = (await sandboxes.list()).find((each) => each.workspace === workspace)
  if (!found) throw new Error('There is no container of this workspace.')
  return found
}
