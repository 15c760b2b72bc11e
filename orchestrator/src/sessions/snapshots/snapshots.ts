import { mkdir, realpath, rm } from 'node:fs/promises'
import { createTurns, type Turns } from '../turns.js'
import { type Diff, type DiffOptions, diffTrees } from './diff.js'
import { createGit } from './git.js'
import { asHolder } from './holder.js'
import { dropLabels, findLabel, listLabels, putLabel } from './labels.js'
import { type Left, report, writeNote } from './left.js'
import { snapshotsMax, sweepEverySnapshots } from './limits.js'
import { foldersInside } from './own-folders.js'
import { pendingFolders } from './pending-folders.js'
import { record } from './record.js'
import { prepareRepository } from './repository.js'
import { applyTree, type RestoreReport, restoreReport } from './restore.js'

export interface SnapshotReport {
  tree: string
  /** At most `reportPathsMax` of what is not in it; folders end with a slash. */
  left: Left[]
  leftCount: number
}

/** A label, a tree that a report named, or the workspace as it stands. */
export type Moment = number | string | 'now'

/**
 * The workspace at moments of a session, in a git repository of our own outside it; the user's is never touched.
 * Calls work one after another. Every failure that is not a mistake of ours is a `SessionFailure`: `unknown_snapshot`,
 * `snapshots_unavailable` (no git, no workspace, a git that fails) or `disk_full`.
 */
export interface Snapshots {
  /** Keeps the workspace under a label, a seq of the session; the same label again is the new state. */
  take(label: number): Promise<SnapshotReport>
  /** The same without a label: it lasts until older snapshots are next dropped. */
  look(): Promise<SnapshotReport>
  diff(from: number | string, to: Moment, options?: DiffOptions): Promise<Diff>
  /** The workspace becomes what it was. What snapshots leave out stays, and is named. */
  restore(moment: number | string): Promise<RestoreReport>
  /** Oldest first. */
  labels(): Promise<number[]>
  /** Writes what a label holds into a directory, which is made when missing and should be empty. */
  copyTo(label: number, directory: string): Promise<void>
  /** Deletes the repository. */
  remove(): Promise<void>
}

export interface SnapshotsOptions {
  workspace: string
  /** Made when missing. */
  gitDir: string
  env: Readonly<Record<string, string | undefined>>
  /** Folders that are in no snapshot wherever they lie: a restore of the service's own data would destroy it. */
  apart?: readonly string[]
  /** Shared by all that work on the same repositories in this process. */
  turns?: Turns
}

/** Throws like every call of it. */
export async function openSnapshots({
  turns = createTurns(),
  apart = [],
  ...place
}: SnapshotsOptions): Promise<Snapshots> {
  const { workspace, gitDir } = place
  const git = createGit(place)
  const own = await foldersInside(workspace, [gitDir, ...apart])
  let dropped = 0

  const inTurn = <T>(work: () => Promise<T>): Promise<T> =>
    turns.take(gitDir, async () => {
      await prepareRepository(git, { gitDir, own })
      return asHolder(gitDir, work)
    })

  const treeOf = async (moment: Moment): Promise<string> => {
    if (moment === 'now') return (await record(git, { ...place, own })).tree
    return typeof moment === 'number' ? (await findLabel(git, moment)).tree : moment
  }

  const dropOldest = async () => {
    const labels = await listLabels(git)
    const old = labels.slice(0, Math.max(0, labels.length - snapshotsMax))
    if (old.length === 0) return
    await dropLabels(git, old)
    dropped += old.length
    if (dropped < sweepEverySnapshots) return
    dropped = 0
    await git.run(['repack', '-a', '-d', '-q'])
    await git.run(['prune', '--expire=now'])
  }

  await inTurn(async () => {})
  return {
    take: (label) =>
      inTurn(async () => {
        const { tree, left } = await record(git, { ...place, own })
        await putLabel(git, label, { tree, note: writeNote(left) })
        await dropOldest()
        return { tree, ...report(left) }
      }),
    look: () =>
      inTurn(async () => {
        const { tree, left } = await record(git, { ...place, own })
        return { tree, ...report(left) }
      }),
    diff: (from, to, options = {}) =>
      inTurn(async () => diffTrees(git, { ...options, from: await treeOf(from), to: await treeOf(to) })),
    restore: (moment) =>
      inTurn(async () => {
        const { tree, note } =
          typeof moment === 'number' ? await findLabel(git, moment) : { tree: moment, note: nothingLeft }
        const { tree: before, left } = await record(git, { ...place, own })
        const pending = pendingFolders(gitDir)
        const done = await applyTree({ git, directory: workspace, from: before, to: tree, note, pending })
        return restoreReport({ tree, before, left }, done)
      }),
    labels: () => inTurn(() => listLabels(git)),
    copyTo: (label, directory) =>
      inTurn(async () => {
        const { tree, note } = await findLabel(git, label)
        await mkdir(directory, { recursive: true })
        await applyTree({ git, directory: await realpath(directory), from: undefined, to: tree, note })
      }),
    remove: () => turns.take(gitDir, () => rm(gitDir, { recursive: true, force: true })),
  }
}

const nothingLeft = { covers: () => false, whole: true }
