import { Refusal } from './refusal.js'

/** Path, without the optional `/v1` in front, to its one method. */
const methods: Readonly<Record<string, 'GET' | 'POST'>> = { '/chat/completions': 'POST', '/models': 'GET' }

export type Route = 'chat' | 'models'

/** Throws a Refusal that lists the known routes, or the right method. */
export function findRoute(method: string, url: string): Route {
  const path = (url.split('?')[0] ?? '').replace(/^\/v1(?=\/)/u, '')
  const expected = Object.hasOwn(methods, path) ? methods[path] : undefined
  if (expected === undefined) {
    const known = Object.entries(methods).map(([each, verb]) => `${verb} /v1${each}, ${verb} ${each}`)
    throw new Refusal({ status: 404, message: `No such route: ${method} ${path}. Known routes: ${known.join(', ')}.` })
  }
  if (method !== expected) {
    throw new Refusal({
      status: 405,
      message: `Expected ${expected} ${path}, found ${method}.`,
      headers: { allow: expected },
    })
  }
  return expected === 'POST' ? 'chat' : 'models'
}
