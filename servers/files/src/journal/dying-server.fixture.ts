import fs from 'node:fs'
import promises from 'node:fs/promises'
import { syncBuiltinESMExports } from 'node:module'
import { runServer } from '@auroracoder/kit'
import { filesServer } from '../server.js'

/** The real server on stdio, which is killed right before its `killAt`-th change to the disk. */
export async function main(root: string, stateDir: string, killAt: string): Promise<void> {
  let count = 0
  const step = (): void => {
    count += 1
    if (count === Number(killAt)) process.kill(process.pid, 'SIGKILL')
  }
  const handle = await promises.open(root)
  const ofHandles: object = Object.getPrototypeOf(handle)
  await handle.close()
  for (const name of ['appendFile', 'mkdir', 'open', 'rename', 'rmdir', 'unlink', 'utimes', 'writeFile']) {
    countCalls(promises, name, step)
    countCalls(fs, `${name}Sync`, step)
  }
  for (const name of ['sync', 'truncate', 'write', 'writeFile']) countCalls(ofHandles, name, step)
  for (const name of ['fsync', 'write', 'writeSync', 'ftruncateSync', 'fchmodSync', 'fchownSync', 'futimesSync']) {
    countCalls(fs, name, step)
  }
  syncBuiltinESMExports()
  process.argv = [process.argv[0] ?? 'node', 'files', '--root', root, '--state', stateDir]
  await runServer(filesServer)
}

function countCalls(owner: object, name: string, step: () => void): void {
  const original: unknown = Reflect.get(owner, name)
  if (typeof original !== 'function') throw new Error(`There is no ${name}.`)
  Reflect.set(owner, name, function counted(this: unknown, ...args: unknown[]): unknown {
    step()
    return Reflect.apply(original, this, args)
  })
}
