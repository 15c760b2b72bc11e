import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { basename, dirname, join } from 'node:path'
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
export function runSuite(url: URL, revision: string): Promise<ReadonlyMap<string, readonly Check[]>> {
  return run(['server', '--url', url.href, '--requirements', revision], /^server-(.+)-\d{4}-\d\d-\d\dT/)
}

/** It starts its clients all at once, and each has this long. */
const clientTimeoutMs = 90_000

/** The same for a client: a command to which the suite adds the URL of each server. */
export function runClientSuite(command: string, revision: string): Promise<ReadonlyMap<string, readonly Check[]>> {
  const args = ['client', '--command', command, '--requirements', revision, '--timeout', `${clientTimeoutMs}`]
  return run(args, /^(.+)-\d{4}-\d\d-\d\dT/)
}

async function run(args: readonly string[], folderName: RegExp): Promise<ReadonlyMap<string, readonly Check[]>> {
  const folder = await mkdtemp(join(tmpdir(), 'auroracoder-conformance-'))
  try {
    const suite = [join(programFolder, 'conformance'), ...args, '-o', folder]
    const child = spawn(join(programFolder, 'node'), suite, { stdio: 'ignore' })
    // Its exit code counts scenarios that need fixtures; the checks say what matters.
    await once(child, 'close')
    const files = (await readdir(folder, { recursive: true })).filter((file) => basename(file) === 'checks.json')
    return new Map(await Promise.all(files.map((file) => readChecks(folder, file, folderName))))
  } finally {
    await rm(folder, { recursive: true })
  }
}

/** A scenario's folder is named after it and the time. */
async function readChecks(folder: string, file: string, folderName: RegExp): Promise<[string, Check[]]> {
  const scenario = folderName.exec(dirname(file))?.[1]
  if (scenario === undefined) throw new Error(`The suite has left something unexpected: ${file}`)
  const text = await readFile(join(folder, file), 'utf8')
  return [scenario, checksSchema.parse(JSON.parse(text))]
}

/** Whether each message fits the protocol's schema: made for every scenario, so that it proves none. */
const schemaCheck = 'wire-schema-valid'

/** What was not passed, by scenario, with what failed. A scenario in which nothing was checked has not been passed. */
export function notPassed(found: ReadonlyMap<string, readonly Check[]>): ReadonlyMap<string, readonly string[]> {
  const results = [...found].map(([scenario, checks]): [string, readonly string[]] => {
    const failed = checks.filter(({ status }) => status === 'FAILURE' || status === 'WARNING')
    const isChecked = checks.some(({ id, status }) => status === 'SUCCESS' && id !== schemaCheck)
    const why = failed.map(({ id, errorMessage }) => `${id}: ${errorMessage ?? 'failed'}`)
    return [scenario, isChecked ? why : [...why, 'no check was passed']]
  })
  return new Map(results.filter(([, why]) => why.length > 0))
}
