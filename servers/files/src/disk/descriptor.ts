import { fsync, fsyncSync, read, readFileSync, readSync, write, writeSync } from 'node:fs'
import type { Bytes } from '../text/bytes.js'

/**
 * So many bytes are read or written without leaving the thread: that takes less than a trip to another thread and back.
 * More would keep other calls waiting.
 */
const bytesAtOnceMax = 1 << 20

/** A disk that took no longer for the last sync is waited for: the trip to another thread would take longer. */
const quickSyncMs = 4

let isQuick = false

/**
 * Settles when all that was written is on disk, whatever happens next. Where syncs are slow other calls go on
 * meanwhile.
 */
export async function sync(descriptor: number): Promise<void> {
  const start = performance.now()
  if (isQuick) fsyncSync(descriptor)
  else await syncElsewhere(descriptor)
  isQuick = performance.now() - start <= quickSyncMs
}

function syncElsewhere(descriptor: number): Promise<void> {
  return new Promise((resolve, reject) => {
    fsync(descriptor, (error) => (error ? reject(error) : resolve()))
  })
}

/** A file of that size: fewer bytes where it has become shorter. What has no size, as in /proc, is read to its end. */
export async function readAll(descriptor: number, size: number): Promise<Buffer> {
  if (size === 0) return readFileSync(descriptor)
  const bytes = Buffer.allocUnsafe(size)
  const atOnce = size <= bytesAtOnceMax
  let done = 0
  while (done < size) {
    const count = await readSome(descriptor, { bytes: bytes.subarray(done), from: done, atOnce })
    if (count === 0) break
    done += count
  }
  return bytes.subarray(0, done)
}

/**
 * Whether a file of their length holds these bytes, which is found out piece by piece: memory for all of a large file
 * takes longer to get than the file takes to read.
 */
export async function holds(descriptor: number, { length, pieces }: Bytes): Promise<boolean> {
  const atOnce = length <= bytesAtOnceMax
  // Nothing else happens while the one buffer is used that all calls share.
  const buffer = atOnce ? sharedBuffer : Buffer.allocUnsafe(bytesAtOnceMax)
  let from = 0
  for (const piece of pieces) {
    for (let done = 0; done < piece.length; ) {
      const into = buffer.subarray(0, piece.length - done)
      const reading = readSome(descriptor, { bytes: into, from, atOnce })
      const count = typeof reading === 'number' ? reading : await reading
      if (count === 0 || into.compare(piece, done, done + count, 0, count) !== 0) return false
      done += count
      from += count
    }
  }
  return true
}

const sharedBuffer = Buffer.allocUnsafe(64 * 1024)

/** All of the bytes, over what stands there. */
export async function writeAll(descriptor: number, { length, pieces }: Bytes): Promise<void> {
  const atOnce = length <= bytesAtOnceMax
  let from = 0
  for (const piece of pieces) {
    for (let done = 0; done < piece.length; ) {
      const count = await writeSome(descriptor, { bytes: piece.subarray(done), from, atOnce })
      done += count
      from += count
    }
  }
}

interface Transfer {
  /** Read into, or written. */
  bytes: Uint8Array
  /** Offset in the file. */
  from: number
  atOnce: boolean
}

function readSome(descriptor: number, { bytes, from, atOnce }: Transfer): number | Promise<number> {
  if (atOnce) return readSync(descriptor, bytes, 0, bytes.length, from)
  return new Promise((resolve, reject) => {
    read(descriptor, bytes, 0, bytes.length, from, (error, count) => (error ? reject(error) : resolve(count)))
  })
}

function writeSome(descriptor: number, { bytes, from, atOnce }: Transfer): number | Promise<number> {
  if (atOnce) return writeSync(descriptor, bytes, 0, bytes.length, from)
  return new Promise((resolve, reject) => {
    write(descriptor, bytes, 0, bytes.length, from, (error, count) => (error ? reject(error) : resolve(count)))
  })
}
