import { networkInterfaces } from 'node:os'
import type { MiddlewareHandler } from 'hono'
import { Refused } from './failure-replies.js'

export interface Allowed {
  hosts: ReadonlySet<string>
  origins: ReadonlySet<string>
}

/**
 * A page on any site can make a browser send requests here, also under a name that its owner points at this machine
 * (DNS rebinding). Both show in these headers, so both must be on an exact list.
 */
export function originGate(allowed: () => Allowed): MiddlewareHandler {
  return async (c, next) => {
    const host = c.req.header('host')?.toLowerCase() ?? ''
    if (!allowed().hosts.has(host)) throw foreign('Host', host)
    const origin = c.req.header('origin')
    if (origin !== undefined && !allowed().origins.has(origin.toLowerCase())) throw foreign('Origin', origin)
    await next()
  }
}

const loopback = ['127.0.0.1', 'localhost', '[::1]']

export interface Address {
  host: string
  port: number
}

/** The names under which a server bound to `host` is reached. `extra` are names the user vouches for. */
export function allowedAt({ host, port }: Address, extra: readonly string[] = []): Allowed {
  const names = isWildcard(host) ? [...loopback, ...ownAddresses()] : isLoopback(host) ? loopback : [bracketed(host)]
  const hosts = new Set([...names.flatMap((name) => withPort(name, port)), ...extra.map((name) => name.toLowerCase())])
  const origins = new Set(
    [...hosts].flatMap((name) => [`http://${name}`, ...(extra.includes(name) ? [`https://${name}`] : [])]),
  )
  return { hosts, origins }
}

export function isWildcard(host: string): boolean {
  return host === '0.0.0.0' || host === '::'
}

export function bracketed(host: string): string {
  return host.includes(':') ? `[${host.toLowerCase()}]` : host.toLowerCase()
}

function isLoopback(host: string): boolean {
  return loopback.includes(bracketed(host))
}

function withPort(name: string, port: number): string[] {
  return port === 80 ? [name, `${name}:80`] : [`${name}:${port}`]
}

function ownAddresses(): string[] {
  return Object.values(networkInterfaces())
    .flatMap((addresses) => addresses ?? [])
    .map(({ address }) => bracketed(address))
}

function foreign(header: string, found: string): Refused {
  const message = `${header} ${JSON.stringify(found)} is not one of this server's own; use the URL it printed, or allow the name in its configuration.`
  return new Refused({ status: 403, code: 'foreign_origin', message, details: { [header.toLowerCase()]: found } })
}
