import { isIP } from 'node:net'
import { isPublicUnicast } from '@auroracoder/kit/net'
import { SandboxError } from '../sandbox.js'
import { normalHost, parsePort, showTarget, type Target } from './target.js'

/**
 * What a sandbox may reach: the public internet at most, and what is named beyond it.
 * - `allow-list`: entries are `example.com`, `*.example.com` (all names below it, at any depth, and not itself) or an
 *   address, each also with `:port`; without one they mean the ports of the web.
 * - `open`: everything but mail.
 * - `privateHosts`: what is more, and may be on a private network; each with its port, and none with a `*`.
 */
export type EgressPolicy =
  | { mode: 'none' }
  | { mode: 'allow-list'; hosts: readonly string[]; privateHosts?: readonly string[] }
  | { mode: 'open'; privateHosts?: readonly string[] }

export type EgressRules =
  | { mode: 'none' }
  | { mode: 'allow-list'; hosts: readonly HostRule[]; privateHosts: readonly HostRule[] }
  | { mode: 'open'; privateHosts: readonly HostRule[] }

export interface HostRule {
  host: string
  /** The names below `host` are meant, and not itself. */
  isBelow: boolean
  ports: readonly number[]
}

/** A reason is a sentence for the model, in ASCII. */
export type Decision = { allowed: true; orPrivate: boolean } | { allowed: false; reason: string }

/** Throws `SandboxError` for an entry that cannot be understood. */
export function parsePolicy(policy: EgressPolicy): EgressRules {
  if (policy.mode === 'none') return policy
  const privateHosts = (policy.privateHosts ?? []).map(parsePrivateEntry)
  if (policy.mode === 'open') return { mode: 'open', privateHosts }
  return { mode: 'allow-list', hosts: policy.hosts.map(parsePublicEntry), privateHosts }
}

/** One host at one port, wherever it is. */
function parsePrivateEntry(entry: string): HostRule {
  const rule = parseHostEntry(entry)
  if (rule.isBelow) throw badEntry(entry, 'has a *, and a private host is named whole')
  if (rule.ports === webPorts) throw badEntry(entry, 'has no port, and a private host is named with its port')
  return rule
}

function parsePublicEntry(entry: string): HostRule {
  const rule = parseHostEntry(entry)
  if (isIP(rule.host) === 0 || isPublicUnicast(rule.host)) return rule
  throw badEntry(entry, 'is an address that is not public; name it among the private hosts if it is meant')
}

function parseHostEntry(entry: string): HostRule {
  const problem = problemOf(entry)
  if (problem !== undefined) throw badEntry(entry, problem)
  const [, star, written, digits, bareIpv6 = ''] = entryParts.exec(entry) ?? []
  const host = normalHost(written ?? bareIpv6)
  if (host === undefined) throw badEntry(entry, 'is no name and no address')
  const port = digits === undefined ? undefined : parsePort(digits)
  if (digits !== undefined && port === undefined) throw badEntry(entry, 'has a port that is not from 1 to 65535')
  if (isIP(host) !== 0 && star !== undefined) throw badEntry(entry, 'has a * before an address')
  return { host, isBelow: star !== undefined, ports: port === undefined ? webPorts : [port] }
}

export function decide(rules: EgressRules, target: Target): Decision {
  const orPrivate = rules.mode !== 'none' && rules.privateHosts.some((rule) => matches(rule, target))
  const reason = orPrivate ? undefined : refusalOf(rules, target)
  return reason === undefined ? { allowed: true, orPrivate } : { allowed: false, reason }
}

const webPorts = [80, 443] as const
const mailPort = 25

const entryParts = /^(\*\.)?(?:(\[[^\]]*\]|[^:]*)(?::([^:]*))?|(.*))$/s

function problemOf(entry: string): string | undefined {
  if (entry === '') return 'is empty'
  if (/\s/.test(entry)) return 'has a space in it'
  if (entry.includes('://')) return 'has a scheme; leave that out'
  if (entry.includes('/')) return 'has a path; whole hosts are allowed or not'
  if (entry.includes('@')) return 'has a user name; leave that out'
  if (entry === '*' || entry.startsWith('*:')) return 'would be everything; use the mode "open" for that'
  if (entry.replace(/^\*\./, '').includes('*')) return 'has a * that is not the whole of its beginning'
  return undefined
}

function badEntry(entry: string, problem: string): SandboxError {
  return new SandboxError(
    `The entry "${entry}" in the list of hosts ${problem}. Expected "example.com", "*.example.com" or "example.com:8080".`,
  )
}

function refusalOf(rules: EgressRules, target: Target): string | undefined {
  const shown = showTarget(target)
  if (rules.mode === 'none') return `${shown} cannot be reached: this sandbox has no network.`
  if (isIP(target.host) !== 0 && !isPublicUnicast(target.host)) return `${shown} is not a public address.`
  if (rules.mode === 'open') {
    return target.port === mailPort ? `${shown} is closed: the sandbox sends no mail.` : undefined
  }
  const isListed = rules.hosts.some((rule) => matches(rule, target))
  return isListed ? undefined : `${shown} is not on the sandbox's list of hosts.`
}

function matches({ host, isBelow, ports }: HostRule, target: Target): boolean {
  if (!ports.includes(target.port)) return false
  return isBelow ? target.host.endsWith(`.${host}`) : target.host === host
}
