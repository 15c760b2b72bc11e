import { randomBytes } from 'node:crypto'
import type { HttpBindings } from '@hono/node-server'
import type { Context, MiddlewareHandler } from 'hono'
import { getCookie, setCookie } from 'hono/cookie'
import { createFailureLimit } from './failure-limit.js'
import { Refused } from './failure-replies.js'
import { isPass, makePass, sameSecret } from './secret.js'

export const cookieName = 'auroracoder'
export const passMs = 30 * 24 * 3_600_000
export const loginCodeMs = 10 * 60_000
const loginCodesMax = 100

type Bound = { Bindings: HttpBindings }

export interface Auth {
  /** Lets a request pass that carries the token, or a browser's pass. */
  readonly guard: MiddlewareHandler<Bound>
  /** A code that opens one browser, once, soon. */
  newLoginCode(): string
  /** Trades a login code for a pass in a cookie that scripts cannot read and other sites cannot send. */
  login(c: Context<Bound>, code: string): void
}

export function createAuth({ token, now }: { token: string; now: () => number }): Auth {
  const limit = createFailureLimit(now)
  const codes = new Map<string, number>()

  const reject = (c: Context<Bound>, message: string): never => {
    const waitMs = limit.fail(c.env.incoming.socket.remoteAddress ?? '')
    if (waitMs === undefined) throw unauthorized(message)
    throw tooMany(waitMs)
  }

  return {
    guard: async (c, next) => {
      const bearer = bearerOf(c.req.header('authorization'))
      const pass = getCookie(c, cookieName)
      if (bearer !== undefined) {
        if (!sameSecret(bearer, token)) reject(c, 'The bearer token is wrong.')
      } else if (pass === undefined) {
        throw unauthorized('This request carries no token.')
      } else {
        if (!isPass(pass, { token, now: now() })) reject(c, 'The login has expired.')
        requireOwnOrigin(c)
      }
      await next()
    },

    newLoginCode() {
      const code = randomBytes(24).toString('base64url')
      codes.set(code, now() + loginCodeMs)
      const oldest = codes.keys().next().value
      if (codes.size > loginCodesMax && oldest !== undefined) codes.delete(oldest)
      return code
    },

    login(c, code) {
      const expiresAt = codes.get(code)
      codes.delete(code)
      if (expiresAt === undefined || now() >= expiresAt) reject(c, 'This login link was used already or is too old.')
      const value = makePass({ token, expiresAt: now() + passMs })
      setCookie(c, cookieName, value, { httpOnly: true, sameSite: 'Strict', path: '/', maxAge: passMs / 1_000 })
    },
  }
}

function bearerOf(header: string | undefined): string | undefined {
  return /^Bearer +(\S+)$/i.exec(header ?? '')?.[1] ?? (header === undefined ? undefined : '')
}

/** Cookies do not know ports: a page of another local server is "same site" and could send them. */
function requireOwnOrigin(c: Context): void {
  const reads = c.req.method === 'GET' || c.req.method === 'HEAD'
  if (reads || c.req.header('origin') !== undefined) return
  const message = 'A change made with the cookie needs the Origin header that browsers send; programs use the token.'
  throw new Refused({ status: 403, code: 'foreign_origin', message })
}

function unauthorized(problem: string): Refused {
  return new Refused({
    status: 401,
    code: 'unauthorized',
    message: `${problem} Send "Authorization: Bearer TOKEN" with the token from the data directory, or open a new login link.`,
    headers: { 'WWW-Authenticate': 'Bearer realm="auroracoder"' },
  })
}

function tooMany(waitMs: number): Refused {
  const seconds = Math.ceil(waitMs / 1_000)
  return new Refused({
    status: 429,
    code: 'too_many_failures',
    message: `Too many wrong tokens from this address; try again in ${seconds} s.`,
    headers: { 'Retry-After': String(seconds) },
  })
}
