import { access, mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { errorCode } from '@auroracoder/kit/jail'
import { stagingPrefix } from '../staging-name.js'
import { diskFull, type Git, unavailable } from './git.js'
import { generatedFolders } from './limits.js'

/** Bytes stay bytes: no line-end conversion, no filters, no keyword expansion, whatever the user's attributes say. */
const attributes = '* -text -filter -ident -working-tree-encoding !diff\n'

const excluded = [`${stagingPrefix}*`, ...generatedFolders.map((name) => `${name}/`)]

/** Makes what is missing, also of a repository whose making was cut short. */
export async function prepareRepository(
  git: Git,
  { gitDir, own }: { gitDir: string; own: readonly string[] },
): Promise<void> {
  const ready = join(gitDir, 'info', 'ready')
  try {
    if (await exists(ready)) return
    await mkdir(join(gitDir, 'info'), { recursive: true, mode: 0o700 })
    await git.run(['init', '--quiet', '--template='])
    await writeFile(join(gitDir, 'info', 'attributes'), attributes)
    await writeFile(join(gitDir, 'info', 'exclude'), `${[...excluded, ...own.map(asPattern)].join('\n')}\n`)
    await writeFile(ready, '')
  } catch (error) {
    const code = errorCode(error)
    if (code === 'ENOSPC' || code === 'EDQUOT') throw diskFull(gitDir, error)
    if (code === 'EACCES' || code === 'EROFS' || code === 'ENOTDIR') {
      throw unavailable(`Snapshots cannot be kept in ${gitDir} (${code}). Make it a writable folder.`, error)
    }
    throw error
  }
}

function asPattern(folder: string): string {
  return `/${Buffer.from(folder, 'latin1')
    .toString()
    .replace(/[\\*?[\]!# ]/g, '\\$&')}`
}

async function exists(path: string): Promise<boolean> {
  return access(path).then(
    () => true,
    () => false,
  )
}
