import { mkdir, mkdtemp, realpath, rm, stat } from 'node:fs/promises'
import { isAbsolute, join } from 'node:path'
import { SessionFailure } from './failure.js'

export interface Workspace {
  path: string
  scratch: boolean
}

/** The directory a session works in: the one asked for, checked, or a new folder of ours when none is. */
export async function prepareWorkspace(asked: string | null, scratchRoot: string): Promise<Workspace> {
  if (asked === null) {
    await mkdir(scratchRoot, { recursive: true, mode: 0o700 })
    return { path: await realpath(await mkdtemp(join(scratchRoot, 'workspace-'))), scratch: true }
  }
  if (asked.includes('\0') || !isAbsolute(asked)) {
    throw badWorkspace(asked, 'Expected an absolute path', 'Give the whole path, beginning with the root.')
  }
  const path = await realpath(asked).catch((cause: unknown) => {
    throw badWorkspace(
      asked,
      'Expected an existing directory',
      'Create it first, or pass null for a scratch folder.',
      cause,
    )
  })
  if (!(await stat(path)).isDirectory()) {
    throw badWorkspace(asked, 'Expected a directory, found a file', 'Pass the directory that holds it.')
  }
  return { path, scratch: false }
}

/** Only ever called for folders that `prepareWorkspace` made. */
export async function removeScratch(path: string): Promise<void> {
  await rm(path, { recursive: true, force: true })
}

function badWorkspace(asked: string, problem: string, next: string, cause?: unknown): SessionFailure {
  return new SessionFailure('bad_workspace', `${problem} as workspace, got ${JSON.stringify(asked)}. ${next}`, {
    details: { workspace: asked },
    cause,
  })
}
