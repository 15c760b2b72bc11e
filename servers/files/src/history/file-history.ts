import type { Hunk } from '@auroracoder/kit/wire'
import { hunksBetween } from '../edit/hunks.js'
import { styleOf, type TextDocument } from '../text/document.js'
import { textLength } from '../text/offsets.js'
import { addLines, type LineSet } from './line-set.js'
import { type Shifted, shiftLine, shiftLines } from './shift.js'

/** One revision of a file as a conversation knows it. Line numbers are 1-based. */
export interface Snapshot {
  /** SHA-256 of the bytes, in hex. */
  readonly hash: string
  readonly revision: string
  /** Encoding and line ends, as the header of a view names them. */
  readonly style: string
  readonly texts: readonly string[]
  /** How much is remembered with it. */
  readonly chars: number
  /** What the model has been shown of it. */
  readonly shown: LineSet
  /** What changed since the snapshot before. */
  readonly hunks: readonly Hunk[]
  readonly origin: Origin
  /** The model turn in which it came about. */
  readonly step: string | undefined
}

/** `written`: by the model as a whole, so that it knows the text without being shown it. `drifted`: by someone else. */
export type Origin = 'opened' | 'written' | 'edited' | 'drifted'

/** What a conversation has seen of one file. */
export interface FileHistory {
  /** Oldest first; never empty. */
  readonly snapshots: readonly Snapshot[]
}

/** Older revisions are forgotten: line numbers that refer to them can no longer be translated. */
const snapshotsMax = 16

export interface Observation {
  readonly document: TextDocument
  readonly origin: Origin
  readonly step: string | undefined
  /** What changed, when the server made the change itself; else it is worked out. */
  readonly hunks?: readonly Hunk[]
  readonly shown?: LineSet
}

/** Takes in what the file is now. Lines that were shown and are still there stay shown. */
export function observe(history: FileHistory | undefined, now: Observation): FileHistory {
  const newest = newestOf(history)
  if (newest?.revision === now.document.revision) return withShown(history, newest, now.shown ?? [])
  const { document, origin, step } = now
  const hunks = newest ? (now.hunks ?? hunksBetween(newest.texts, document.lines.texts)) : []
  const kept = newest ? shiftLines(newest.shown, hunks) : []
  const snapshot: Snapshot = {
    hash: document.hash,
    revision: document.revision,
    style: styleOf(document),
    texts: document.lines.texts,
    chars: textLength(document.lines),
    shown: addLines(kept, now.shown ?? []),
    hunks,
    origin,
    step,
  }
  return { snapshots: [...(history?.snapshots ?? []), snapshot].slice(-snapshotsMax) }
}

function withShown(history: FileHistory | undefined, newest: Snapshot, shown: LineSet): FileHistory {
  const before = history?.snapshots.slice(0, -1) ?? []
  return { snapshots: [...before, { ...newest, shown: addLines(newest.shown, shown) }] }
}

export function newestOf(history: FileHistory | undefined): Snapshot | undefined {
  return history?.snapshots.at(-1)
}

export function findRevision(history: FileHistory | undefined, revision: string): Snapshot | undefined {
  return history?.snapshots.findLast((snapshot) => snapshot.revision === revision)
}

/** What the calls of a turn refer to: the newest snapshot that the model knew when it wrote them. */
export function knownBefore(history: FileHistory | undefined, step: string | undefined): Snapshot | undefined {
  return history?.snapshots.findLast(
    (snapshot) => step === undefined || snapshot.step !== step || snapshot.origin === 'written',
  )
}

export function isEditedSince(history: FileHistory, from: Snapshot, step: string | undefined): boolean {
  if (step === undefined) return false
  return later(history, from).some((snapshot) => snapshot.origin === 'edited' && snapshot.step === step)
}

/** Where a line (1-based) of an older snapshot is in the newest. */
export function translateLine(history: FileHistory, from: Snapshot, line: number): Shifted {
  let shifted: Shifted = { line, exact: true }
  for (const { hunks } of later(history, from)) {
    const next = shiftLine(shifted.line, hunks)
    shifted = { line: next.line, exact: shifted.exact && next.exact }
  }
  return shifted
}

function later({ snapshots }: FileHistory, from: Snapshot): readonly Snapshot[] {
  return snapshots.slice(snapshots.indexOf(from) + 1)
}
