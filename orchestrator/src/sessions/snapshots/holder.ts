import { open, readFile, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { errorCode } from '@auroracoder/kit/jail'
import { diskFull, unavailable } from './git.js'
import { holderWaitMs } from './limits.js'

const pollMs = 50

/** Works on a repository while no other process of ours does; what a killed process left is taken over. */
export async function asHolder<T>(gitDir: string, work: () => Promise<T>): Promise<T> {
  const file = join(gitDir, 'holder')
  for (let waitedMs = 0; !(await claim(file)); waitedMs += pollMs) {
    const pid = Number(await readFile(file, 'utf8').catch(() => ''))
    if (!isAlive(pid)) await rm(file, { force: true })
    else if (waitedMs >= holderWaitMs) {
      throw unavailable(`Process ${pid} has been working on the snapshots in ${gitDir} for long. Try again later.`)
    } else await sleep(pollMs)
  }
  try {
    return await work()
  } finally {
    await rm(file, { force: true })
  }
}

async function claim(file: string): Promise<boolean> {
  try {
    const handle = await open(file, 'wx', 0o600)
    try {
      await handle.writeFile(String(process.pid))
    } finally {
      await handle.close()
    }
    return true
  } catch (error) {
    if (errorCode(error) === 'EEXIST') return false
    if (errorCode(error) !== 'ENOSPC') throw error
    await rm(file, { force: true })
    throw diskFull(file, error)
  }
}

/** An empty file is one that its holder had no time to write, or was killed before it did. */
function isAlive(pid: number): boolean {
  if (!Number.isInteger(pid) || pid <= 0 || pid === process.pid) return false
  try {
    process.kill(pid, 0)
    return true
  } catch (error) {
    return errorCode(error) === 'EPERM'
  }
}
