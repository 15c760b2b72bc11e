import { closeSync, openSync, readSync } from 'node:fs'
import { arch } from 'node:process'
import { readProc } from './stat.js'

/** What a thread that is blocked waits for input from. */
export interface Wait {
  kind: 'read' | 'select' | 'poll' | 'epoll'
  /** Of the process; empty when the thread listens to none. */
  descriptors: number[]
}

/** Numbers of the system calls that wait for input, by processor. */
const kinds: ReadonlyMap<number, Wait['kind']> = new Map(
  arch === 'arm64'
    ? [
        [63, 'read'],
        [72, 'select'],
        [73, 'poll'],
        [22, 'epoll'],
        [441, 'epoll'],
      ]
    : [
        [0, 'read'],
        [23, 'select'],
        [270, 'select'],
        [7, 'poll'],
        [271, 'poll'],
        [232, 'epoll'],
        [281, 'epoll'],
        [441, 'epoll'],
      ],
)

/** Of a process or one of its threads, `path` under `/proc`. `undefined` when it is in no such call, or none that we may see. */
export function waitOf(pid: number, path: string): Wait | undefined {
  // proc(5): number of the call, its arguments, stack and program counter; or one word when it is in none.
  const fields = readProc(`${path}/syscall`)?.split(' ')
  if (fields === undefined || fields.length < 3) return undefined
  const [number = Number.NaN, first = 0, second = 0] = fields.map(Number)
  const kind = kinds.get(number)
  switch (kind) {
    case 'read':
      return { kind, descriptors: [first] }
    case 'select':
      return { kind, descriptors: selected(pid, { above: first, address: second }) }
    case 'poll':
      return { kind, descriptors: polled(pid, { address: first, count: second }) }
    case 'epoll':
      return { kind, descriptors: watched(pid, first) }
    default:
      return undefined
  }
}

/** In the `fd_set` of a select(2): bits in long words. Where memory is closed to us, the highest one. */
function selected(pid: number, { above, address }: { above: number; address: number }): number[] {
  const count = Math.min(above, descriptorsLookedAtMax)
  if (address === 0 || count <= 0) return []
  const bits = readMemory(pid, { address, length: Math.ceil(count / 64) * 8 })
  if (bits === undefined) return [above - 1]
  return Array.from({ length: count }, (_, fd) => fd).filter((fd) => ((bits[fd >> 3] ?? 0) >> (fd & 7)) & 1)
}

const pollRecordBytes = 8
/** POLLIN, POLLPRI, POLLRDNORM and POLLRDBAND. */
const pollInput = 0x0001 | 0x0002 | 0x0040 | 0x0080

/** In the `struct pollfd` array of a poll(2): descriptor, what is asked of it, what came. Where memory is closed, stdin. */
function polled(pid: number, { address, count }: { address: number; count: number }): number[] {
  const records = Math.min(count, descriptorsLookedAtMax)
  if (records === 0) return []
  const bytes = readMemory(pid, { address, length: records * pollRecordBytes })
  if (bytes === undefined) return count === 1 ? [0] : []
  return Array.from({ length: records }, (_, index) => index * pollRecordBytes)
    .filter((at) => bytes.readInt32LE(at) >= 0 && (bytes.readInt16LE(at + 4) & pollInput) !== 0)
    .map((at) => bytes.readInt32LE(at))
}

/** What an epoll instance watches (proc(5), fdinfo). */
function watched(pid: number, epoll: number): number[] {
  const targets = readProc(`${pid}/fdinfo/${epoll}`)?.matchAll(/^tfd:\s*(\d+)/gm) ?? []
  return [...targets].map(([, fd]) => Number(fd))
}

/** Programs that talk with a user do not wait for more. */
const descriptorsLookedAtMax = 1_024

function readMemory(pid: number, { address, length }: { address: number; length: number }): Buffer | undefined {
  const bytes = Buffer.alloc(length)
  try {
    const fd = openSync(`/proc/${pid}/mem`, 'r')
    try {
      return readSync(fd, bytes, 0, length, address) === length ? bytes : undefined
    } finally {
      closeSync(fd)
    }
  } catch {
    return undefined
  }
}
