import { type Stamp, stampOf } from './stamp.js'

/** Directories as they were when they were read. Threads share the arrays. */
export interface LookList {
  readonly paths: readonly string[]
  readonly changedMs: Float64Array<SharedArrayBuffer>
  readonly inodes: Float64Array<SharedArrayBuffer>
}

/**
 * One look at every directory of a list, which threads share by taking portions until none is left. Each round has
 * arrays of its own, so that a thread that comes late, or dies in the middle, spoils nothing.
 */
export interface LookRound {
  /** The next portion that nobody has taken. */
  readonly next: Int32Array<SharedArrayBuffer>
  /** By portion: 1 when all of it has been looked at. */
  readonly done: Int32Array<SharedArrayBuffer>
  /** By directory: 1 when it is not as it was. */
  readonly changed: Uint8Array<SharedArrayBuffer>
}

/** Few enough that it hardly matters when one has to be looked at twice. */
const portionSize = 64

export function lookListOf(paths: readonly string[], stamps: readonly Stamp[]): LookList {
  const changedMs = new Float64Array(new SharedArrayBuffer(stamps.length * Float64Array.BYTES_PER_ELEMENT))
  const inodes = new Float64Array(new SharedArrayBuffer(stamps.length * Float64Array.BYTES_PER_ELEMENT))
  for (const [index, stamp] of stamps.entries()) {
    changedMs[index] = stamp.changedMs
    inodes[index] = stamp.inode
  }
  return { paths, changedMs, inodes }
}

export function lookRoundOf({ paths }: LookList): LookRound {
  const portions = Math.ceil(paths.length / portionSize)
  return {
    next: new Int32Array(new SharedArrayBuffer(Int32Array.BYTES_PER_ELEMENT)),
    done: new Int32Array(new SharedArrayBuffer(portions * Int32Array.BYTES_PER_ELEMENT)),
    changed: new Uint8Array(new SharedArrayBuffer(paths.length)),
  }
}

/** Returns when every portion has been taken. */
export function takePortions(list: LookList, round: LookRound): void {
  for (;;) {
    const portion = Atomics.add(round.next, 0, 1)
    if (portion >= round.done.length) return
    look(list, round, portion)
  }
}

/** What others have taken is not waited for: they may never finish it. */
export function finish(list: LookList, round: LookRound): void {
  for (let portion = 0; portion < round.done.length; portion += 1) {
    if (Atomics.load(round.done, portion) === 0) look(list, round, portion)
  }
}

function look({ paths, changedMs, inodes }: LookList, { done, changed }: LookRound, portion: number): void {
  const end = Math.min((portion + 1) * portionSize, paths.length)
  for (let index = portion * portionSize; index < end; index += 1) {
    const now = stampOf(paths[index] ?? '')
    // Never set to 0: two threads may look at the same directory.
    if (now.changedMs !== changedMs[index] || now.inode !== inodes[index]) changed[index] = 1
  }
  Atomics.store(done, portion, 1)
}
