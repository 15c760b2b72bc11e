/** Larger files are left out of snapshots, and named. */
export const snapshotFileBytesMax = 10 * 1024 * 1024
/** A workspace with more files is held as far as this goes; the rest is named. */
export const snapshotFilesMax = 50_000
/** Of one session; the oldest go. */
export const snapshotsMax = 200
/** After so many were dropped, what only they held is deleted from disk. */
export const sweepEverySnapshots = 20
/** Paths in one report; what is beyond is counted. */
export const reportPathsMax = 200
/** Paths left out that a snapshot remembers, so that a restore leaves them alone. */
export const leftPathsMax = 20_000
/** Directory entries looked at in search of nested repositories and special files. */
export const walkEntriesMax = 400_000
/** Of one diff, unless its caller asks for less. */
export const diffBytesMax = 4 * 1024 * 1024
/** One git command that takes longer is stopped. */
export const gitTimeoutMs = 120_000
export const gitOutputBytesMax = 256 * 1024 * 1024
/** Files that change under our hands make git give up; we try again. */
export const takeAttemptsMax = 3
/** Another process that works on the same snapshots is waited for this long. */
export const holderWaitMs = 15_000
/** Folders that tools fill and can fill again, which few projects track and not all ignore. */
export const generatedFolders: readonly string[] = [
  'node_modules',
  'bower_components',
  '.venv',
  'venv',
  '__pycache__',
  '.tox',
  '.mypy_cache',
  '.pytest_cache',
  '.ruff_cache',
  'target',
  '.gradle',
  '.next',
  '.nuxt',
  '.turbo',
  '.parcel-cache',
]
