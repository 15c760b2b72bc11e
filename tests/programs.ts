import { existsSync } from 'node:fs'
import { join } from 'node:path'

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
