import { execFileSync } from 'node:child_process'
import { lstatSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, readlinkSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { openSnapshots, type Snapshots } from './snapshots.js'

export interface WorkspaceBench {
  /** Holds the workspace, the repository and whatever a test puts outside. */
  folder: string
  workspace: string
  gitDir: string
  open(env?: Record<string, string | undefined>): Promise<Snapshots>
  /** Runs a script in the workspace. */
  sh(script: string): void
  dispose(): void
}

export function createWorkspaceBench(): WorkspaceBench {
  const folder = mkdtempSync(join(tmpdir(), 'aurora-snapshots-'))
  const workspace = join(folder, 'workspace')
  const gitDir = join(folder, 'shadow', 'session')
  mkdirSync(workspace)
  return {
    folder,
    workspace,
    gitDir,
    open: (env = process.env) => openSnapshots({ workspace, gitDir, env }),
    sh: (script) => void execFileSync('bash', ['-euc', script], { cwd: workspace, stdio: 'pipe' }),
    dispose: () => rmSync(folder, { recursive: true, force: true }),
  }
}

/** Every file and link below a folder: path (bytes as latin1) to kind, executable bit and content. Empty folders do not show. */
export function picture(root: string, skip: (path: string) => boolean = () => false): Record<string, string> {
  const seen: Record<string, string> = {}
  const visit = (prefix: string) => {
    const folder = Buffer.concat([Buffer.from(`${root}/`), Buffer.from(prefix, 'latin1')])
    for (const name of readdirSync(folder, { encoding: 'buffer' })) {
      const path = `${prefix}${name.toString('latin1')}`
      const full = Buffer.concat([Buffer.from(`${root}/`), Buffer.from(path, 'latin1')])
      const found = lstatSync(full)
      if (skip(path)) continue
      if (found.isDirectory()) visit(`${path}/`)
      else if (found.isSymbolicLink()) seen[path] = `link ${readlinkSync(full, { encoding: 'latin1' })}`
      else if (found.isFile()) seen[path] = `${found.mode & 0o111 ? 'x' : '-'} ${readFileSync(full, 'latin1')}`
      else seen[path] = 'special'
    }
  }
  visit('')
  return seen
}
