import { fsync, read, readFileSync, readSync, write, writeSync } from 'node:fs'

/**
 * So many bytes are read or written without leaving the thread: that takes less than a trip to another thread and back.
 * More would keep other calls waiting.
 */
const bytesAtOnceMax = 1 << 20

/** Settles when all that was written is on disk, whatever happens next. */
export function sync(descriptor: number): Promise<void> {
  return new Promise((resolve, reject) => {
    fsync(descriptor, (error) => (error ? reject(error) : resolve()))
  })
}

/** A file of that size: fewer bytes where it has become shorter. What has no size, as in /proc, is read to its end. */
export async function readAll(descriptor: number, size: number): Promise<Buffer> {
  if (size === 0) return readFileSync(descriptor)
  const bytes = Buffer.allocUnsafe(size)
  let done = 0
  while (done < size) {
    const count = await readSome(descriptor, bytes, done)
    if (count === 0) break
    done += count
  }
  return bytes.subarray(0, done)
}

/** All of the bytes, over what stands there. */
export async function writeAll(descriptor: number, bytes: Uint8Array): Promise<void> {
  let done = 0
  while (done < bytes.length) done += await writeSome(descriptor, bytes, done)
}

function readSome(descriptor: number, into: Uint8Array, at: number): number | Promise<number> {
  const length = into.length - at
  if (length <= bytesAtOnceMax) return readSync(descriptor, into, at, length, at)
  return new Promise((resolve, reject) => {
    read(descriptor, into, at, length, at, (error, count) => (error ? reject(error) : resolve(count)))
  })
}

function writeSome(descriptor: number, bytes: Uint8Array, at: number): number | Promise<number> {
  const length = bytes.length - at
  if (length <= bytesAtOnceMax) return writeSync(descriptor, bytes, at, length, at)
  return new Promise((resolve, reject) => {
    write(descriptor, bytes, at, length, at, (error, count) => (error ? reject(error) : resolve(count)))
  })
}
