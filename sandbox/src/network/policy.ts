import { isIP } from 'node:net'
import { isPublicUnicast } from '@auroracoder/kit/net'
import { SandboxError } from '../sandbox.js'
import { normalHost, parsePort, showTarget, type Target } from './target.js'

/**
 * What a sandbox may reach; never more than the public internet.
 * - `allow-list`: entries are `example.com`, `*.example.com` (all names below it, at any depth, and not itself) or an
 *   address, each also with `:port`; without one they mean the ports of the web.
 * - `open`: everything but mail.
 */
export type EgressPolicy = { mode: 'none' } | { mode: 'allow-list'; hosts: readonly string[] } | { mode: 'open' }

export type EgressRules = { mode: 'none' } | { mode: 'allow-list'; hosts: readonly HostRule[] } | { mode: 'open' }

export interface HostRule {
  host: string
  /** The names below `host` are meant, and not itself. */
  isBelow: boolean
  ports: readonly number[]
}

/** A reason is a sentence for the model, in ASCII. */
export type Decision = { allowed: true } | { allowed: false; reason: string }

/** Throws `SandboxError` for an entry that cannot be understood. */
export function parsePolicy(policy: EgressPolicy): EgressRules {
  if (policy.mode !== 'allow-list') return policy
  return { mode: 'allow-list', hosts: policy.hosts.map(parseHostEntry) }
}

export function parseHostEntry(entry: string): HostRule {
  const problem = problemOf(entry)
  if (problem !== undefined) throw badEntry(entry, problem)
  const [, star, written, digits, bareIpv6 = ''] = entryParts.exec(entry) ?? []
  const host = normalHost(written ?? bareIpv6)
  if (host === undefined) throw badEntry(entry, 'is no name and no address')
  const port = digits === undefined ? undefined : parsePort(digits)
  if (digits !== undefined && port === undefined) throw badEntry(entry, 'has a port that is not from 1 to 65535')
  if (isIP(host) !== 0) {
    if (star !== undefined) throw badEntry(entry, 'has a * before an address')
    if (!isPublicUnicast(host)) throw badEntry(entry, 'is an address that is not public; a sandbox never reaches those')
  }
  return { host, isBelow: star !== undefined, ports: port === undefined ? webPorts : [port] }
}

export function decide(rules: EgressRules, target: Target): Decision {
  const reason = refusalOf(rules, target)
  return reason === undefined ? { allowed: true } : { allowed: false, reason }
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
