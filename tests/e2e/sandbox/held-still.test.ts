import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { createSnapshotKeeper } from '../../../orchestrator/src/sessions/snapshots/keeper.js'
import { missingSandbox, openWorld } from './world.js'

const missing = await missingSandbox()

/** Exchanges a folder for a link that leads out of the workspace, as soon as somebody reads a file beside it. */
const exchanger = `
import ctypes, os, struct
libc = ctypes.CDLL(None)
watch = libc.inotify_init1(0)
libc.inotify_add_watch(watch, b'd', 0x20)
print('watching', flush=True)
def opened(events):
    at = 0
    while at < len(events):
        mask, length = struct.unpack_from('IxxxxI', events, at + 4)
        # The folder itself is also opened by what counts the bytes of the workspace.
        if length > 0 and not mask & 0x40000000: return True
        at += 16 + length
    return False
while True:
    if not opened(os.read(watch, 65536)): continue
    libc.syscall(316, -100, b'd', -100, b'stash/out', 2)
    break
`

const patience = { timeout: 20_000 }

test('what runs inside cannot exchange the workspace under the hands of a snapshot', {
  timeout: 60_000,
}, async (context) => {
  if (missing) context.skip(missing)
  const world = await openWorld()
  const host = await mkdtemp(join(tmpdir(), 'auroracoder-outside-'))
  try {
    await writeFile(join(host, 'id_rsa'), 'HOST SECRET')
    await writeFile(join(world.workspace, 'exchanger.py'), exchanger)
    await mkdir(join(host, 'snapshots'))
    await world.command(`mkdir d stash; echo '*' > stash/.gitignore; ln -s ${host} stash/out; echo mine > d/id_rsa`)
    await world.command('(cd d && for i in $(seq -w 0 1999); do echo $i > a$i; done)')
    await world.command('python3 exchanger.py > log 2>&1', { background: true })
    await expect
      .poll(() => readFile(join(world.workspace, 'log'), 'utf8').catch(String), patience)
      .toContain('watching')
    const keeper = createSnapshotKeeper({ root: join(host, 'snapshots'), env: process.env })
    const session = { id: 'ses_test', workspace: world.workspace }
    await world.sandbox.frozen(() => keeper.take(session, 1))
    await expect.poll(async () => (await world.command('readlink d')).text, patience).toContain(host)
    await world.command('rm d')
    await world.sandbox.frozen(() => keeper.restore(session, 1))
    expect(await readFile(join(world.workspace, 'd', 'id_rsa'), 'utf8')).toBe('mine\n')
  } finally {
    await world.close()
    await rm(host, { recursive: true, force: true })
  }
})
