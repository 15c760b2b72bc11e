import { SessionFailure } from '../failure.js'
import type { Diff } from '../snapshots/diff.js'
import type { SnapshotKeeper } from '../snapshots/keeper.js'
import { type Packed, packFolder } from './pack.js'
import { jailOf, parsePath } from './paths.js'
import { type OpenFile, openFile } from './read.js'
import { removePath } from './remove.js'
import { listTree, type TreeView } from './tree.js'
import { type Upload, type Uploaded, uploadInto } from './upload.js'

export interface WorkspaceDiff extends Diff {
  /** The seqs of the snapshots that were compared; `to` is null for the workspace as it stands. */
  from: number
  to: number | null
}

export interface DiffRange {
  since: number
  to?: number | undefined
  path?: string | undefined
}

/** The files of a session's workspace. Nothing reaches out of it; every refusal is a `SessionFailure`. */
export interface WorkspaceFiles {
  tree(id: string, which: { path: string; depth: number }): Promise<TreeView>
  /** The caller streams or closes it. */
  read(id: string, path: string): Promise<OpenFile>
  diff(id: string, range: DiffRange): Promise<WorkspaceDiff>
  upload(id: string, upload: Upload): Promise<Uploaded>
  remove(id: string, path: string): Promise<void>
  download(id: string, path: string): Promise<Packed>
}

export interface WorkspaceFilesOptions {
  sessions: { get(id: string): Promise<{ id: string; workspace: string }> }
  snapshots: SnapshotKeeper
}

export function createWorkspaceFiles({ sessions, snapshots }: WorkspaceFilesOptions): WorkspaceFiles {
  const jailFor = async (id: string) => jailOf((await sessions.get(id)).workspace)

  return {
    tree: async (id, which) => listTree(await jailFor(id), which),
    read: async (id, path) => openFile(await jailFor(id), path),
    download: async (id, path) => packFolder(await jailFor(id), path),
    remove: async (id, path) => removePath((await sessions.get(id)).workspace, path),
    upload: async (id, upload) => uploadInto((await sessions.get(id)).workspace, upload),
    async diff(id, { since, to, path }) {
      const session = await sessions.get(id)
      const pathFilter = path === undefined ? undefined : parsePath(path).join('/') || undefined
      const labels = await snapshots.labels(session)
      const nearest = (seq: number): number => {
        // Before the first one nothing had been changed.
        const label = labels.findLast((each) => each <= seq) ?? labels[0]
        if (label !== undefined) return label
        const message = `There is no snapshot to compare event ${seq} with: no run has changed anything yet.`
        throw new SessionFailure('unknown_snapshot', message, { details: { seq } })
      }
      const from = nearest(since)
      const until = to === undefined ? null : nearest(to)
      return { from, to: until, ...(await snapshots.diff(session, { from, to: until ?? 'now' }, { pathFilter })) }
    },
  }
}
