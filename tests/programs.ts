import { execFile } from 'node:child_process'
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { promisify } from 'node:util'

/** Names the folder in which `.ci/run` has installed what tests run but the product does not depend on. */
const folderVariable = 'AURORACODER_TEST_FIXTURES'

/** The MCP conformance suite and inspector, and the Node that they need, which is newer than the product's. */
export const programFolder = join(process.env[folderVariable] ?? '', 'node_modules', '.bin')

/** Why some of them cannot be run here, if so. */
export function missingPrograms(...names: string[]): string | undefined {
  if (!process.env[folderVariable]) return `${folderVariable} names no folder; .ci/run makes one`
  const absent = ['node', ...names].filter((name) => !existsSync(join(programFolder, name)))
  return absent.length > 0 ? `there is no ${absent.join(', no ')} in ${programFolder}` : undefined
}

/** Names a Docker image that holds the programs that tests drive; the Node of the tests is mounted. */
const imageVariable = 'AURORACODER_TEST_IMAGE'

export const testImage = process.env[imageVariable] ?? ''

/** Why nothing can be run in it, if so. */
export async function missingImage(): Promise<string | undefined> {
  if (!testImage) return `${imageVariable} names no image; .ci/run makes one where it can install Docker`
  try {
    await promisify(execFile)('docker', ['image', 'inspect', testImage], { timeout: 30_000 })
    return undefined
  } catch {
    return `Docker does not answer, or has no image ${testImage}`
  }
}
