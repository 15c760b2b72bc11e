import { readdirSync, readlinkSync } from 'node:fs'
import { readProc } from '../process/stat.js'

const listening = '0A'

/** TCP ports that the processes listen on; empty without `/proc`. */
export function listeningPorts(pids: readonly number[]): number[] {
  const sockets = new Set(pids.flatMap(socketsOf))
  if (sockets.size === 0) return []
  const ports = ['net/tcp', 'net/tcp6'].flatMap((table) => rowsOf(table).filter(({ inode }) => sockets.has(inode)))
  return [...new Set(ports.map(({ port }) => port))].sort((a, b) => a - b)
}

function socketsOf(pid: number): string[] {
  return descriptors(pid).flatMap((target) => /^socket:\[(\d+)\]$/.exec(target)?.[1] ?? [])
}

function descriptors(pid: number): string[] {
  try {
    return readdirSync(`/proc/${pid}/fd`).map((fd) => readlinkSync(`/proc/${pid}/fd/${fd}`))
  } catch {
    // It ended meanwhile, or is another user's.
    return []
  }
}

/** Fields of a row: number, local address and port in hexadecimal, remote address, state, …, inode as the tenth. */
function rowsOf(table: string): { port: number; inode: string }[] {
  const rows = (readProc(table) ?? '').split('\n').slice(1)
  return rows.flatMap((row) => {
    const fields = row.trim().split(/\s+/)
    const [, local = '', , state] = fields
    const inode = fields[9]
    if (state !== listening || inode === undefined) return []
    return [{ port: Number.parseInt(local.slice(local.lastIndexOf(':') + 1), 16), inode }]
  })
}
