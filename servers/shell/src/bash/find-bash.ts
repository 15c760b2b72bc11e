import { execFile } from 'node:child_process'
import { accessSync, constants } from 'node:fs'
import { delimiter, isAbsolute, join } from 'node:path'
import { promisify } from 'node:util'

/** `mapfile -d` came with this version; macOS ships 3.2. */
export const bashVersionMin = '4.4'

/** The first bash on the search path that is recent enough. */
export async function findBash(searchPath: string): Promise<string | undefined> {
  for (const folder of searchPath.split(delimiter).filter(isAbsolute)) {
    const path = join(folder, 'bash')
    if (isExecutable(path) && (await isRecent(path))) return path
  }
  return undefined
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK)
    return true
  } catch {
    return false
  }
}

async function isRecent(path: string): Promise<boolean> {
  const test = `[[ \${BASH_VERSINFO[0]}\${BASH_VERSINFO[1]} -ge ${bashVersionMin.replace('.', '')} ]]`
  return promisify(execFile)(path, ['--noprofile', '--norc', '-c', test], { env: {} }).then(
    () => true,
    () => false,
  )
}
