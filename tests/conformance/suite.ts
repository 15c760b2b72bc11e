import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync } from 'node:fs'
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { z } from 'zod'

const checksSchema = z.array(
  z.object({
    id: z.string(),
    status: z.enum(['SUCCESS', 'FAILURE', 'WARNING', 'SKIPPED', 'INFO']),
    errorMessage: z.string().optional(),
  }),
)

export type Check = z.infer<typeof checksSchema>[number]

/** Where `.ci/run` has put the programs that need a newer Node than the product. */
const fixturesVariable = 'AURORACODER_TEST_FIXTURES'
const binFolder = join(process.env[fixturesVariable] ?? '', 'node_modules', '.bin')

/** Why the suite cannot run here, when it cannot. */
export const missing = missingPrograms()

function missingPrograms(): string | undefined {
  if (!process.env[fixturesVariable]) return `${fixturesVariable} names no folder; .ci/run makes one`
  const absent = ['node', 'conformance'].filter((name) => !existsSync(join(binFolder, name)))
  return absent.length > 0 ? `there is no ${absent.join(', no ')} in ${binFolder}` : undefined
}

/** Runs every scenario of a revision against a server and answers their checks, by scenario. */
export async function runSuite(url: URL, revision: string): Promise<ReadonlyMap<string, readonly Check[]>> {
  const folder = await mkdtemp(join(tmpdir(), 'auroracoder-conformance-'))
  try {
    const args = ['server', '--url', url.href, '--requirements', revision, '-o', folder]
    const child = spawn(join(binFolder, 'node'), [join(binFolder, 'conformance'), ...args], { stdio: 'ignore' })
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
