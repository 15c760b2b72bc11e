/** What a session keeps of its workspace at the boundaries of its turns. The caller decides what can be done without. */
export interface TurnSnapshots {
  take(session: SnapshotOwner, seq: number): Promise<unknown>
  /** The newest seq up to this one that something is kept of. */
  nearest(session: SnapshotOwner, seq: number): Promise<number | undefined>
  /** Makes the workspace what it was at a seq that `nearest` named. */
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
