import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { z } from 'zod'
import { programFolder } from '../programs.js'

const checksSchema = z.array(
  z.object({
    id: z.string(),
    status: z.enum(['SUCCESS', 'FAILURE', 'WARNING', 'SKIPPED', 'INFO']),
    errorMessage: z.string().optional(),
  }),
)

export type Check = z.infer<typeof checksSchema>[number]

/** Runs every scenario of a revision against a server and answers their checks, by scenario. */
export async function runSuite(url: URL, revision: string): Promise<ReadonlyMap<string, readonly Check[]>> {
  const folder = await mkdtemp(join(tmpdir(), 'auroracoder-conformance-'))
  try {
    const args = ['server', '--url', url.href, '--requirements', revision, '-o', folder]
    const child = spawn(join(programFolder, 'node'), [join(programFolder, 'conformance'), ...args], { stdio: 'ignore' })
    // Its exit code counts scenarios that need fixtures; the checks say what matters.
    await once(child, 'close')
    return new Map(await Promise.all((await readdir(folder)).map((name) => readChecks(folder, name))))
  } finally {
    await rm(folder, { recursive: true })
  }
}

/** A scenario's folder is `server-<scenario>-<time>`. */
async function readChecks(folder: string, name: string): Promise<[string, Check[]]> {
  const scenario = /^server-(.+)-\d{4}-\d\d-\d\dT/.exec(name)?.[1]
  if (scenario === undefined) throw new Error(`The suite has left something unexpected: ${name}`)
  const text = await readFile(join(folder, name, 'checks.json'), 'utf8')
  return [scenario, checksSchema.parse(JSON.parse(text))]
}
