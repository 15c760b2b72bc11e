import { readdir, rm } from 'node:fs/promises'
import { basename, join } from 'node:path'
import { SessionFailure } from '../failure.js'
import type { Git, GitPlace } from './git.js'
import type { LeftOut } from './left.js'
import { takeAttemptsMax } from './limits.js'
import { type SurveyPlace, survey } from './survey.js'

export interface Recorded {
  tree: string
  left: LeftOut
}

export type RecordPlace = SurveyPlace & Pick<GitPlace, 'gitDir'>

/**
 * Writes the workspace as it stands into the repository. The index is a cache and nothing else: a lock that a killed
 * git has left is taken away, and an index that git cannot read is built anew.
 */
export async function record(git: Git, { workspace, gitDir, own }: RecordPlace): Promise<Recorded> {
  for (let attempt = 1; ; attempt += 1) {
    await rm(join(gitDir, 'index.lock'), { force: true })
    try {
      return await recordOnce(git, { workspace, own })
    } catch (error) {
      await clearTemporary(join(gitDir, 'objects'))
      if (!(error instanceof SessionFailure) || error.code !== 'snapshots_unavailable') throw error
      if (attempt === takeAttemptsMax) throw error
      if (attempt === takeAttemptsMax - 1) await rm(join(gitDir, 'index'), { force: true })
    }
  }
}

/** What a git that failed or was killed had begun to write: on a full disk, the space that is missing. */
async function clearTemporary(objects: string): Promise<void> {
  for (const path of await readdir(objects, { recursive: true }).catch(() => [])) {
    if (basename(path).startsWith('tmp_')) await rm(join(objects, path), { force: true })
  }
}

async function recordOnce(git: Git, place: SurveyPlace): Promise<Recorded> {
  const { add, drop, left } = await survey(git, place)
  if (drop.length > 0) await git.run(['update-index', '--force-remove', '-z', '--stdin'], drop.join('\0'))
  if (add.length > 0) {
    const how = add.length >= packFromFiles && (await packsAtOnce(git)) ? intoOnePack : []
    await git.run([...how, 'update-index', '--add', '--remove', '--replace', '-z', '--stdin'], add.join('\0'))
  }
  return { tree: (await git.run(['write-tree'])).trim(), left }
}

/** Many new files cost a tenth of the space in one pack of what they cost as a file each. */
const packFromFiles = 500
/** Git streams what it takes for big into a pack, from version 2.37 on into one for all. */
const intoOnePack = ['-c', 'core.bigFileThreshold=1', '-c', 'core.compression=1']

async function packsAtOnce(git: Git): Promise<boolean> {
  const [, major = 0, minor = 0] = (/(\d+)\.(\d+)/.exec(await git.run(['version'])) ?? []).map(Number)
  return major > 2 || (major === 2 && minor >= 37)
}
