import { execFile } from 'node:child_process'
import { mkdir, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { promisify } from 'node:util'
import { demoFiles } from './project.js'

const run = promisify(execFile)

/** No configuration of the machine or the user takes part: no hooks, no signing, no templates. */
const gitEnvironment = {
  GIT_CONFIG_GLOBAL: '/dev/null',
  GIT_CONFIG_NOSYSTEM: '1',
  GIT_TERMINAL_PROMPT: '0',
  GIT_AUTHOR_NAME: 'Demo',
  GIT_AUTHOR_EMAIL: 'demo@localhost',
  GIT_COMMITTER_NAME: 'Demo',
  GIT_COMMITTER_EMAIL: 'demo@localhost',
}

/**
 * Writes the demonstration's project into a directory, made when missing, and commits it where git is installed.
 * Overwrites nothing: a file that is already there rejects.
 */
export async function createDemoWorkspace(dir: string, { path = process.env.PATH } = {}): Promise<void> {
  for (const [name, content] of Object.entries(demoFiles)) {
    const file = join(dir, name)
    await mkdir(dirname(file), { recursive: true })
    await writeFile(file, content, { flag: 'wx' })
  }
  const git = (...args: string[]) => run('git', args, { cwd: dir, env: { PATH: path, ...gitEnvironment } })
  try {
    await git('-c', 'init.defaultBranch=main', 'init', '--quiet', '--template=')
  } catch (error) {
    if (isMissing(error)) return
    throw error
  }
  await git('add', '--all')
  await git('commit', '--quiet', '--message', 'Print receipts with bulk discounts')
}

function isMissing(error: unknown): boolean {
  return error instanceof Error && 'code' in error && error.code === 'ENOENT'
}
