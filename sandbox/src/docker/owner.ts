import { execFile } from 'node:child_process'
import { readFile, readlink } from 'node:fs/promises'
import { hostname } from 'node:os'
import { promisify } from 'node:util'
import { z } from 'zod'

/** One process on one boot of one machine: a pid alone is given again. */
export const ownerSchema = z.strictObject({
  host: z.string(),
  boot: z.string(),
  /** The namespace that counts the pid; empty where there are none. */
  namespace: z.string(),
  pid: z.int().positive(),
  /** When the process started, in the system's own words. */
  started: z.string(),
})

export type Owner = z.infer<typeof ownerSchema>

export async function thisProcess(): Promise<Owner> {
  const [boot, namespace, started] = await Promise.all([bootId(), pidNamespace(), startOf(process.pid)])
  return { host: hostname(), boot, namespace, pid: process.pid, started: started ?? '' }
}

/** Of another machine, or of another container on this one, nobody here knows. */
export async function fateOf(owner: Owner): Promise<'alive' | 'gone' | 'unknown'> {
  if (owner.host !== hostname()) return 'unknown'
  const [boot, namespace] = await Promise.all([bootId(), pidNamespace()])
  if (owner.boot !== boot) return 'gone'
  if (owner.namespace !== namespace) return 'unknown'
  return (await startOf(owner.pid)) === owner.started ? 'alive' : 'gone'
}

async function bootId(): Promise<string> {
  if (process.platform === 'linux') return (await readFile('/proc/sys/kernel/random/boot_id', 'utf8')).trim()
  return run('sysctl', ['-n', 'kern.boottime'])
}

async function pidNamespace(): Promise<string> {
  return process.platform === 'linux' ? readlink('/proc/self/ns/pid') : ''
}

/** Undefined when there is no such process. */
async function startOf(pid: number): Promise<string | undefined> {
  if (process.platform !== 'linux') return (await run('ps', ['-o', 'lstart=', '-p', String(pid)])) || undefined
  const line = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => undefined)
  // proc(5): the name in parentheses may hold anything; the 22nd field is the start, the 20th after the name.
  return line?.slice(line.lastIndexOf(')') + 2).split(' ')[19]
}

async function run(file: string, args: readonly string[]): Promise<string> {
  const ran = await promisify(execFile)(file, args).catch(() => ({ stdout: '' }))
  return ran.stdout.trim()
}
