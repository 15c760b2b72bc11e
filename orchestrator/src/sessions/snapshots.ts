import { execFile } from 'node:child_process'
import { access, mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { Failure } from '@auroracoder/kit/jail'

/** The workspace at moments of a session, in a git repository of our own outside it; the user's is never touched. */
export interface Snapshots {
  /** The id of a tree that holds the workspace as it stands. Ignored files and nested repositories are not in it. */
  take(): Promise<string>
  /** A unified diff between two trees. */
  diff(from: string, to: string): Promise<string>
}

export interface SnapshotsOptions {
  workspace: string
  /** Made when missing. */
  gitDir: string
  env: Readonly<Record<string, string | undefined>>
}

const outputBytesMax = 64 * 1024 * 1024

/** Bytes stay bytes: no line-end conversion, no filters, no keyword expansion, whatever the user's attributes say. */
const attributes = '* -text -filter -ident -working-tree-encoding\n'

/** Throws `Failure` when git is not installed. */
export async function openSnapshots({ workspace, gitDir, env }: SnapshotsOptions): Promise<Snapshots> {
  const git = (...args: string[]) => runGit(args, { workspace, gitDir, env })
  if (!(await exists(join(gitDir, 'HEAD')))) {
    await mkdir(gitDir, { recursive: true, mode: 0o700 })
    await git('init', '--quiet')
    await mkdir(join(gitDir, 'info'), { recursive: true })
    await writeFile(join(gitDir, 'info', 'attributes'), attributes)
  }
  return {
    async take() {
      await git('add', '--all', '--ignore-errors', '.')
      return (await git('write-tree')).trim()
    },
    diff: (from, to) => git('diff', '--no-color', '--no-ext-diff', '--no-textconv', '--find-renames', from, to),
  }
}

interface GitPlace {
  workspace: string
  gitDir: string
  env: Readonly<Record<string, string | undefined>>
}

/** Neither the user's configuration nor hooks take part. */
function runGit(args: readonly string[], { workspace, gitDir, env }: GitPlace): Promise<string> {
  const gitEnv = {
    PATH: env.PATH,
    HOME: gitDir,
    GIT_DIR: gitDir,
    GIT_WORK_TREE: workspace,
    GIT_CONFIG_NOSYSTEM: '1',
    GIT_CONFIG_GLOBAL: '/dev/null',
    GIT_TERMINAL_PROMPT: '0',
    LC_ALL: 'C',
  }
  const options = { cwd: workspace, env: gitEnv, maxBuffer: outputBytesMax }
  const safe = ['-c', 'core.hooksPath=/dev/null', '-c', 'core.autocrlf=false', '-c', 'core.fsmonitor=false', ...args]
  return new Promise((resolve, reject) => {
    execFile('git', safe, options, (error, stdout, stderr) => {
      if (!error) resolve(stdout)
      else if ('code' in error && error.code === 'ENOENT')
        reject(new Failure(`git is not installed, or ${workspace} has gone.`, { cause: error }))
      else reject(new Failure(`git ${args[0]} failed: ${stderr.trim() || error.message}`, { cause: error }))
    })
  })
}

async function exists(path: string): Promise<boolean> {
  return access(path).then(
    () => true,
    () => false,
  )
}
