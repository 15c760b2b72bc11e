/** What a session keeps of its workspace at the boundaries of its turns. The caller decides what can be done without. */
export interface TurnSnapshots {
  take(session: SnapshotOwner, seq: number): Promise<unknown>
  /** The seqs that something is kept of, oldest first. */
  labels(session: SnapshotOwner): Promise<number[]>
  /** Makes the workspace what it was at a seq that `labels` names. */
  restore(session: SnapshotOwner, seq: number): Promise<Restored>
  /** Writes what is kept of a seq into an empty directory. */
  copyTo(session: SnapshotOwner, seq: number, directory: string): Promise<void>
  remove(sessionId: string): Promise<void>
}

export interface SnapshotOwner {
  id: string
  workspace: string
}

export interface Restored {
  restored: number
  removed: number
  /** What was left as it is, each with the reason. */
  left: readonly { path: string; why: string }[]
}

/**
 * The label at which the workspace was as it was between two turns: of that very seq, else the next one, which was
 * taken before a later turn changed anything. Undefined: no turn has changed anything since.
 */
export function labelFor(labels: readonly number[], seq: number): number | undefined {
  return labels.find((label) => label >= seq)
}
