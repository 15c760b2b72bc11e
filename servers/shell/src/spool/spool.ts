import { closeSync, ftruncateSync, openSync, readSync, rmSync, writeSync } from 'node:fs'
import { isDiskFull } from './disk-full.js'

export interface SpoolOptions {
  /** File for the head; the tail goes to `<path>.tail0` and `.tail1`. Made with the first byte. */
  path: string
  headBytesMax: number
  tailBytesMax: number
  /** Asked before bytes are kept; false when the session's disk budget is used up. */
  mayKeep(bytes: number): boolean
  /** Asked when the disk is full; true when something was removed, so that another try is worth while. */
  freeDisk(): boolean
}

/** Output of one command on disk: its head, and at least half of `tailBytesMax` from its end. */
export interface Spool {
  readonly path: string
  append(chunk: Buffer): void
  /** Bytes that came, kept or not. */
  size(): number
  /** Bytes on disk. */
  kept(): number
  /** Bytes `[from, to)`, or fewer: reading stops where something was not kept. */
  read(from: number, to: number): Buffer
  /** First kept byte at or after `offset`. */
  nextKept(offset: number): number
  /** Why bytes were not kept, when it was not for a limit. */
  trouble(): string | undefined
  remove(): void
}

/** A file holding the bytes from `start` on. */
interface Segment {
  path: string
  fd: number
  start: number
  length: number
}

/**
 * Writes are synchronous: chunks stay in order, memory stays flat however fast a command writes, and a byte that was read
 * from the pipe is readable at once. They land in the page cache.
 */
export function createSpool(options: SpoolOptions): Spool {
  const { path, headBytesMax } = options
  const tailSegmentBytes = Math.max(1, Math.floor(options.tailBytesMax / 2))
  let head: Segment | undefined
  let tails: Segment[] = []
  let size = 0
  let removed = false
  let trouble: string | undefined

  const segments = (): Segment[] => (head === undefined ? tails : [head, ...tails])

  const room = (): { segment: Segment; bytes: number } => {
    head ??= openSegment(path, size)
    if (head.length === size && size < headBytesMax) return { segment: head, bytes: headBytesMax - size }
    const last = tails.at(-1)
    if (last !== undefined && last.start + last.length === size && last.length < tailSegmentBytes) {
      return { segment: last, bytes: tailSegmentBytes - last.length }
    }
    const segment = tails.length < 2 ? openSegment(`${path}.tail${tails.length}`, size) : recycle(tails.shift(), size)
    tails.push(segment)
    return { segment, bytes: tailSegmentBytes }
  }

  /** Answers how many of the bytes are settled: kept, or, on a full disk and over the budget, only to be counted. */
  const keep = (bytes: Buffer): number => {
    while (true) {
      try {
        const { segment, bytes: space } = room()
        const part = bytes.subarray(0, space)
        if (options.mayKeep(part.length)) {
          writeAll(segment.fd, part, segment.length)
          segment.length += part.length
        }
        return part.length
      } catch (error) {
        if (isDiskFull(error) && options.freeDisk()) continue
        trouble = error instanceof Error ? error.message : String(error)
        return bytes.length
      }
    }
  }

  return {
    path,
    append(chunk) {
      if (removed) {
        size += chunk.length
        return
      }
      for (let done = 0; done < chunk.length; ) {
        const bytes = keep(chunk.subarray(done))
        done += bytes
        size += bytes
      }
    },
    size: () => size,
    kept: () => segments().reduce((sum, { length }) => sum + length, 0),
    read(from, to) {
      const parts: Buffer[] = []
      let at = from
      for (const segment of segments()) {
        const end = Math.min(to, segment.start + segment.length)
        if (at < segment.start || at >= end) continue
        parts.push(readAll(segment, at, end))
        at = end
      }
      return Buffer.concat(parts)
    },
    nextKept(offset) {
      const holder = segments().find(({ start, length }) => offset < start + length)
      return holder === undefined ? size : Math.max(offset, holder.start)
    },
    trouble: () => trouble,
    remove() {
      for (const segment of segments()) {
        closeSync(segment.fd)
        rmSync(segment.path, { force: true })
      }
      head = undefined
      tails = []
      removed = true
    },
  }
}

function openSegment(path: string, start: number): Segment {
  return { path, fd: openSync(path, 'w+', 0o600), start, length: 0 }
}

function recycle(oldest: Segment | undefined, start: number): Segment {
  if (oldest === undefined) throw new Error('A full tail has segments.')
  ftruncateSync(oldest.fd, 0)
  return { ...oldest, start, length: 0 }
}

function writeAll(fd: number, bytes: Buffer, position: number): void {
  for (let done = 0; done < bytes.length; ) done += writeSync(fd, bytes, done, bytes.length - done, position + done)
}

function readAll(segment: Segment, from: number, to: number): Buffer {
  const bytes = Buffer.allocUnsafe(to - from)
  let done = 0
  while (done < bytes.length) {
    const count = readSync(segment.fd, bytes, done, bytes.length - done, from - segment.start + done)
    if (count === 0) break
    done += count
  }
  return bytes.subarray(0, done)
}
