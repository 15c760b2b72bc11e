import { createHash, createHmac, timingSafeEqual } from 'node:crypto'

/** Compares in a time that tells nothing about the secret, its length included. */
export function sameSecret(one: string, other: string): boolean {
  return timingSafeEqual(createHash('sha256').update(one).digest(), createHash('sha256').update(other).digest())
}

/**
 * A pass that proves a login without holding the token, so that whoever steals it can neither keep it for ever nor use
 * it as a bearer token. It survives a restart; a new token ends it.
 */
export function makePass({ token, expiresAt }: { token: string; expiresAt: number }): string {
  return `${expiresAt}.${sign(token, expiresAt)}`
}

export function isPass(pass: string, { token, now }: { token: string; now: number }): boolean {
  const [expires = '', signature = ''] = pass.split('.')
  if (!/^\d{1,16}$/.test(expires)) return false
  return sameSecret(signature, sign(token, Number(expires))) && now < Number(expires)
}

function sign(token: string, expiresAt: number): string {
  return createHmac('sha256', token).update(`auroracoder console pass until ${expiresAt}`).digest('base64url')
}
