import { mkdir, writeFile } from 'node:fs/promises'
import { arch, cpus, platform, release, totalmem } from 'node:os'
import { dirname } from 'node:path'
import { runProgram } from '../run-program.js'

export interface ResultFile {
  readonly file: string
  readonly benchmark: string
  readonly checkout: string
  readonly seed: string
  readonly options: object
  readonly result: object
}

/** Everything that somebody needs to judge the numbers, or to measure them again. */
export async function writeResult({ file, checkout, ...facts }: ResultFile): Promise<void> {
  const commit = await commitOf(checkout)
  const written = { ...facts, date: new Date().toISOString(), node: process.version, commit, machine: machine() }
  await mkdir(dirname(file), { recursive: true })
  await writeFile(file, `${JSON.stringify(written, undefined, 2)}\n`)
}

export function machine() {
  const processors = cpus()
  return {
    processor: processors[0]?.model ?? 'unknown',
    cores: processors.length,
    memoryGiB: Math.round(totalmem() / 2 ** 30),
    system: `${platform()} ${release()} ${arch()}`,
  }
}

/** A checkout that is not under git has no commit to name. */
async function commitOf(checkout: string): Promise<string | undefined> {
  const args = ['-C', checkout, 'describe', '--always', '--dirty', '--abbrev=12']
  const name = await runProgram({ file: 'git', args }).catch(() => undefined)
  return name?.toString().trim()
}
