import { leftPathsMax, reportPathsMax } from './limits.js'

/** A path and why it is in no snapshot; a folder ends with a slash and stands for all that is in it. */
export interface Left {
  path: string
  why: string
}

/** Everything a snapshot leaves out, by path; paths are text whose characters are bytes. */
export type LeftOut = ReadonlyMap<string, string>

/** For people: bytes that are no UTF-8 show as replacement characters. */
export function shown(path: string): string {
  return Buffer.from(path, 'latin1').toString()
}

export function bytesOf(path: string): Buffer {
  return Buffer.from(path, 'latin1')
}

export function report(left: LeftOut): { left: Left[]; leftCount: number } {
  const named = [...left].slice(0, reportPathsMax).map(([path, why]) => ({ path: shown(path), why }))
  return { left: named, leftCount: left.size }
}

/** What a snapshot remembers of what it left out: a restore must neither delete nor overwrite it. */
export interface LeftNote {
  /** Whether this path was left out, by itself or in a folder. */
  covers(path: string): boolean
  /** False: there was more than could be remembered, so nothing may be taken for new. */
  whole: boolean
}

/** As the message of the snapshot's commit, which the same workspace always gives the same. */
export function writeNote(left: LeftOut): string {
  const paths = [...left.keys()].sort()
  return JSON.stringify({ whole: paths.length <= leftPathsMax, paths: paths.slice(0, leftPathsMax).map(toBase64) })
}

export function readNote(message: string): LeftNote {
  const note: unknown = JSON.parse(message)
  const paths = new Set<string>()
  if (typeof note === 'object' && note !== null && 'paths' in note && Array.isArray(note.paths)) {
    for (const path of note.paths) paths.add(Buffer.from(String(path), 'base64').toString('latin1'))
  }
  const whole = typeof note === 'object' && note !== null && 'whole' in note && note.whole === true
  return { whole, covers: (path) => paths.has(path) || foldersOf(path).some((folder) => paths.has(folder)) }
}

/** `a/b/c` is in `a/` and `a/b/`. */
export function foldersOf(path: string): string[] {
  const folders: string[] = []
  for (let end = path.indexOf('/'); end >= 0; end = path.indexOf('/', end + 1)) folders.push(path.slice(0, end + 1))
  return folders
}

function toBase64(path: string): string {
  return Buffer.from(path, 'latin1').toString('base64')
}
