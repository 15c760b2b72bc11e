import { execFile } from 'node:child_process'
import { closeSync, constants, openSync, readSync, writeSync } from 'node:fs'
import { Socket } from 'node:net'
import { join } from 'node:path'
import { promisify } from 'node:util'

const { O_NONBLOCK, O_RDONLY, O_RDWR } = constants

/** Node has no call for it; one process makes them all. */
export async function makeFifos(paths: readonly string[]): Promise<void> {
  await promisify(execFile)('mkfifo', ['-m', '600', '--', ...paths])
}

/** Ends when the last writer has closed it. Opens at once: a FIFO opened for reading without blocking needs no writer. */
export function openReader(path: string): Socket {
  return new Socket({ fd: openSync(path, O_RDONLY | O_NONBLOCK), readable: true, writable: false })
}

/** Stays open whoever comes and goes: with Node's own end for writing it never sees the last writer leave. */
export function openLastingReader(path: string): Socket {
  return new Socket({ fd: openSync(path, O_RDWR | O_NONBLOCK), readable: true, writable: false })
}

/** Opens at once, without a reader, and what was not read is gone when both ends are closed. */
export function openWriter(path: string): Socket {
  return writerOf(openSync(path, O_RDWR | O_NONBLOCK))
}

function writerOf(fd: number): Socket {
  const socket = new Socket({ fd, readable: false, writable: true })
  // The other end may be gone; its exit is what gets reported.
  socket.on('error', () => {})
  return socket
}

/**
 * Puts `text` into a FIFO for whoever reads there next. What nobody has read when it is closed is gone, unless another end
 * is open. A stream is made only for what the pipe does not hold at once.
 */
export function post(path: string, text: string): { close(): void } {
  const bytes = Buffer.from(text)
  const fd = openSync(path, O_RDWR | O_NONBLOCK)
  const written = writeWhatFits(fd, bytes)
  if (written === bytes.length) return { close: () => closeSync(fd) }
  const socket = writerOf(fd)
  socket.write(bytes.subarray(written))
  return { close: () => void socket.destroy() }
}

function writeWhatFits(fd: number, bytes: Buffer): number {
  try {
    return writeSync(fd, bytes)
  } catch {
    // EAGAIN: the pipe is full.
    return 0
  }
}

/** True when bytes wait that nobody has read. Takes one of them. */
export function hasUnread(path: string): boolean {
  let fd: number | undefined
  try {
    fd = openSync(path, O_RDONLY | O_NONBLOCK)
    return readSync(fd, Buffer.alloc(1)) > 0
  } catch {
    // EAGAIN: a writer is there, but nothing is written. ENOENT: it has been removed.
    return false
  } finally {
    if (fd !== undefined) closeSync(fd)
  }
}

/** Output FIFOs of one shell: one in use for each command whose output somebody still holds. */
export interface FifoPool {
  take(): Promise<string>
  giveBack(path: string): void
}

const fifosMadeAtOnce = 8

export function createFifoPool(folder: string): FifoPool {
  const free: string[] = []
  let made = 0
  return {
    async take() {
      const path = free.pop()
      if (path !== undefined) return path
      const fresh = Array.from({ length: fifosMadeAtOnce }, () => join(folder, `output${made++}`))
      await makeFifos(fresh)
      const [first = '', ...rest] = fresh
      free.push(...rest)
      return first
    },
    giveBack: (path) => void free.push(path),
  }
}
