import { isIP } from 'node:net'
import { domainToASCII } from 'node:url'

/** What someone inside asks for: a name in its one normal form, or an address; IPv6 without brackets. */
export interface Target {
  host: string
  port: number
}

/** Of a whole name, by DNS. */
export const hostCharsMax = 253
const labelCharsMax = 63

/** Reads `host:port` or `[address]:port`; none for anything else. */
export function parseTarget(text: string): Target | undefined {
  const [, host = '', digits = ''] = /^(\[[^\]]+\]|[^:]+):(\d{1,5})$/.exec(text) ?? []
  const name = normalHost(host)
  const port = parsePort(digits)
  return name === undefined || port === undefined ? undefined : { host: name, port }
}

export function parsePort(digits: string): number | undefined {
  const port = /^\d{1,5}$/.test(digits) ? Number(digits) : 0
  return port >= 1 && port <= 65_535 ? port : undefined
}

/**
 * The form in which two ways of writing one host are equal: lower case, no dot at the end, other alphabets as `xn--`,
 * and an address as it is usually written, also when it was `0x7f.1` or `2130706433`.
 */
export function normalHost(text: string): string | undefined {
  const bare = /^\[(.+)\]$/s.exec(text)?.[1] ?? text
  if (bare.includes(':')) return isIP(bare) === 6 && !bare.includes('%') ? plainAddress(bare) : undefined
  if (text.length > hostCharsMax + 1 || foreign.test(text)) return undefined
  const name = domainToASCII(text).replace(/\.$/, '')
  const isName = name.length <= hostCharsMax && name.split('.').every((label) => isLabel(label))
  return isName ? name : undefined
}

export function showTarget({ host, port }: Target): string {
  return `${host.includes(':') ? `[${host}]` : host}:${port}`
}

/** ASCII that is in no name; a parser of URLs would end or decode the name there. */
const foreign = /[\0-,/:-@[-^`{-\x7f]/

function plainAddress(address: string): string {
  return new URL(`http://[${address}]`).hostname.slice(1, -1)
}

function isLabel(label: string): boolean {
  return label !== '' && label.length <= labelCharsMax
}
