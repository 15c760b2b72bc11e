import { rm } from 'node:fs/promises'
import { join } from 'node:path'
import { createTurns } from '../turns.js'
import type { Diff, DiffOptions } from './diff.js'
import type { RestoreReport } from './restore.js'
import { type Moment, openSnapshots, type SnapshotReport, type Snapshots } from './snapshots.js'

export interface SnapshotSession {
  id: string
  workspace: string
}

/**
 * The snapshots of every session, each in a folder of its own below one root. Safe to call from concurrent requests;
 * throws what `Snapshots` throws, and leaves it to the caller whether a run can do without.
 */
export interface SnapshotKeeper {
  take(session: SnapshotSession, seq: number): Promise<SnapshotReport>
  /** Exactly this seq, or a tree that a report named. */
  restore(session: SnapshotSession, moment: number | string): Promise<RestoreReport>
  labels(session: SnapshotSession): Promise<number[]>
  copyTo(session: SnapshotSession, seq: number, directory: string): Promise<void>
  diff(session: SnapshotSession, range: { from: number | string; to: Moment }, options?: DiffOptions): Promise<Diff>
  remove(sessionId: string): Promise<void>
}

export interface SnapshotKeeperOptions {
  root: string
  env: Readonly<Record<string, string | undefined>>
  /** As of `openSnapshots`; the root is apart already. */
  apart?: readonly string[]
}

export function createSnapshotKeeper({ root, env, apart = [] }: SnapshotKeeperOptions): SnapshotKeeper {
  const turns = createTurns()
  const open = new Map<string, Promise<Snapshots>>()

  const gitDirOf = (id: string): string => {
    if (!/^[A-Za-z0-9_-]{1,100}$/.test(id)) throw new Error(`"${id}" is no id of a session of ours.`)
    return join(root, id)
  }
  /** Opened once, so that what is asked of a session is done in the order in which it was asked. */
  const of = ({ id, workspace }: SnapshotSession): Promise<Snapshots> => {
    const known = open.get(id)
    if (known !== undefined) return known
    const opened = openSnapshots({ workspace, gitDir: gitDirOf(id), env, turns, apart: [root, ...apart] })
    open.set(id, opened)
    opened.catch(() => {
      if (open.get(id) === opened) open.delete(id)
    })
    return opened
  }

  return {
    take: async (session, seq) => (await of(session)).take(seq),
    restore: async (session, moment) => (await of(session)).restore(moment),
    labels: async (session) => (await of(session)).labels(),
    copyTo: async (session, seq, directory) => (await of(session)).copyTo(seq, directory),
    diff: async (session, { from, to }, options) => (await of(session)).diff(from, to, options),
    async remove(id) {
      const gitDir = gitDirOf(id)
      open.delete(id)
      await turns.take(gitDir, () => rm(gitDir, { recursive: true, force: true }))
    },
  }
}
