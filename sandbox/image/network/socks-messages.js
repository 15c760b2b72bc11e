import { domainToASCII } from 'node:url'

/**
 * What a client of SOCKS 5 (RFC 1928) sends. `bytes` says how long the message was; the rest is the next one's.
 *
 * @template T
 * @typedef {{value: T, bytes: number} | 'incomplete' | 'bad'} Parsed
 */

const version = 5
const addressBytes = new Map([
  [1, 4],
  [4, 16],
])
const nameType = 3

/**
 * @param {Buffer} received
 * @returns {Parsed<readonly number[]>} the ways of authentication that the client knows
 */
export function parseGreeting(received) {
  const [found = version, count = 0] = received
  if (found !== version) return 'bad'
  const bytes = 2 + count
  return received.length < bytes ? 'incomplete' : { value: [...received.subarray(2, bytes)], bytes }
}

/**
 * @param {Buffer} received
 * @returns {Parsed<{command: number, authority: string}>}
 */
export function parseRequest(received) {
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

/**
 * @param {Buffer} bytes
 * @param {boolean} isName
 */
function hostOf(bytes, isName) {
  if (isName) return domainToASCII(bytes.toString())
  if (bytes.length === 4) return bytes.join('.')
  const groups = Array.from({ length: 8 }, (_, index) => bytes.readUInt16BE(index * 2).toString(16))
  return `[${groups.join(':')}]`
}
