import { existsSync } from 'node:fs'
import { readdir, readFile } from 'node:fs/promises'
import { setTimeout as sleep } from 'node:timers/promises'

const pollMs = 20

/** Without it nobody can tell what a server has left behind. */
export const canListProcesses = existsSync('/proc/self/cmdline')

/** Process ids of every `sleep` for so long, whoever started it. */
export async function sleepersFor(duration: string): Promise<number[]> {
  const pids = (await readdir('/proc')).filter((name) => /^\d+$/.test(name)).map(Number)
  const lines = await Promise.all(pids.map((pid) => readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => '')))
  return pids.filter((_, index) => {
    const [program = '', argument] = lines[index]?.split('\0') ?? []
    return /(?:^|\/)sleep$/.test(program) && argument === duration
  })
}

export function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0)
  } catch {
    return false
  }
}

/** Whether it came true in time. */
export async function until(isSo: () => boolean | Promise<boolean>, timeoutMs: number): Promise<boolean> {
  for (const end = performance.now() + timeoutMs; performance.now() < end; await sleep(pollMs)) {
    if (await isSo()) return true
  }
  return false
}
