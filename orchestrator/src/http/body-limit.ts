import type { IncomingMessage } from 'node:http'
import type { HttpBindings } from '@hono/node-server'
import type { MiddlewareHandler } from 'hono'
import { Refused } from './failure-replies.js'

/** An input with a few images fits; workspaces are not uploaded this way. */
export const bodyBytesMax = 16_777_216

/** Refuses large bodies by their announced length, and reads unannounced ones only up to the limit. */
export const limitBody: MiddlewareHandler<{ Bindings: HttpBindings }> = async (c, next) => {
  if (readsItsOwnBody.test(c.req.path)) return next()
  const length = c.req.header('content-length')
  const isChunked = c.req.header('transfer-encoding') !== undefined
  if (Number(length ?? 0) > bodyBytesMax) throw tooLarge()
  // The adapter takes a body that was read already from this property.
  if (isChunked) Object.assign(c.env.incoming, { rawBody: await readUpToLimit(c.env.incoming) })
  // Many clients name a type with every request; without a body it says nothing.
  else if (Number(length ?? 0) === 0) c.req.raw.headers.delete('content-type')
  await next()
}

/** Uploads stream to disk and have limits of their own. */
const readsItsOwnBody = /^\/v1\/sessions\/[^/]+\/workspace\/upload$/

async function readUpToLimit(incoming: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = []
  let bytes = 0
  try {
    for await (const chunk of incoming.iterator({ destroyOnReturn: false })) {
      bytes += chunk.length
      if (bytes > bodyBytesMax) throw tooLarge()
      chunks.push(chunk)
    }
  } catch (error) {
    throw error instanceof Refused ? error : brokenOff()
  }
  return Buffer.concat(chunks)
}

function brokenOff(): Refused {
  return new Refused({ status: 400, code: 'bad_request', message: 'The body of the request broke off before its end.' })
}

function tooLarge(): Refused {
  const message = `Expected a body of at most ${bodyBytesMax} bytes; put large files into the workspace instead.`
  return new Refused({ status: 413, code: 'body_too_large', message })
}
