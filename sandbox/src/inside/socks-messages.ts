import { domainToASCII } from 'node:url'

/**
 * What a client of SOCKS 5 (RFC 1928) sends. `bytes` says how long the message was; the rest is the next one's.
 */
export type Parsed<T> = { value: T; bytes: number } | 'incomplete' | 'bad'

const version = 5
const addressBytes = new Map([
  [1, 4],
  [4, 16],
])
const nameType = 3

/** The ways of authentication that the client knows. */
export function parseGreeting(received: Buffer): Parsed<readonly number[]> {
  const [found = version, count = 0] = received
  if (found !== version) return 'bad'
  const bytes = 2 + count
  return received.length < bytes ? 'incomplete' : { value: [...received.subarray(2, bytes)], bytes }
}

export function parseRequest(received: Buffer): Parsed<{ command: number; authority: string }> {
  const [found = version, command = 0, , type = nameType, first = 0] = received
  if (found !== version) return 'bad'
  const isName = type === nameType
  const hostBytes = isName ? first : addressBytes.get(type)
  if (hostBytes === undefined) return 'bad'
  const start = isName ? 5 : 4
  const bytes = start + hostBytes + 2
  if (received.length < Math.max(bytes, 5)) return 'incomplete'
  const host = hostOf(received.subarray(start, bytes - 2), isName)
  return { value: { command, authority: `${host}:${received.readUInt16BE(bytes - 2)}` }, bytes }
}

function hostOf(bytes: Buffer, isName: boolean): string {
  if (isName) return domainToASCII(bytes.toString())
  if (bytes.length === 4) return bytes.join('.')
  const groups = Array.from({ length: 8 }, (_, index) => bytes.readUInt16BE(index * 2).toString(16))
  return `[${groups.join(':')}]`
}
