export { type ApprovalReply, type OpenApproval, openApprovals } from './approvals.js'
export type { ForkRequest } from './branches.js'
export { makeDataFolder } from './data-folder.js'
export { type EventStore, Fenced, type PageMark } from './event-store.js'
export { SessionFailure, type SessionFailureCode } from './failure.js'
export type { SessionEvent } from './hub.js'
export { type InstanceLock, lockInstance } from './instance-lock.js'
export { openLibsqlStore } from './libsql/store.js'
export { type OpenCall, stopGraceMs } from './runner.js'
export type { ContinueRequest, RunRequest } from './runs.js'
export {
  type Cancelled,
  createSessions,
  type NewSession,
  type RunView,
  type SessionChanges,
  type Sessions,
  type SessionsOptions,
  type SessionView,
  type StartedRun,
} from './sessions.js'
export { createSnapshotKeeper, type SnapshotKeeper } from './snapshots/keeper.js'
export { openSnapshots, type Snapshots } from './snapshots/snapshots.js'
export type { SnapshotOwner, TurnSnapshots } from './turn-snapshots.js'
export { treeDepthMax, uploadBytesMax } from './workspace-files/limits.js'
export type { OpenFile } from './workspace-files/read.js'
export type { IncomingFile } from './workspace-files/upload.js'
export { createWorkspaceFiles, type WorkspaceFiles } from './workspace-files/workspace-files.js'
