import { constants } from 'node:http2'

/**
 * @typedef {object} Request
 * @property {import('node:http2').ClientHttp2Session} session
 * @property {string} authority `host:port`
 * @property {import('node:stream').Duplex} client for whom it is; when it goes, so does the tunnel
 *
 * @typedef {object} Refusal
 * @property {number} status of HTTP: 403 by the rules, 400, 502 or 504 when it did not work
 * @property {string} reason a sentence in ASCII
 *
 * @typedef {{stream: import('node:http2').ClientHttp2Stream} | {refusal: Refusal}} Outcome
 */

/** The host gives up earlier than this, unless many connections wait for their turn. */
const answerTimeoutMs = 120_000
const authorityCharsMax = 300

/**
 * Asks the host for a connection. Never rejects.
 *
 * @param {Request} request
 * @returns {Promise<Outcome>}
 */
export function openTunnel({ session, authority, client }) {
  client.on('error', () => {})
  if (authority.length > authorityCharsMax || !/^[\x21-\x7e]+$/.test(authority)) {
    return Promise.resolve(failure({ status: 400, reason: 'That is not the name of a host.' }))
  }
  if (session.closed || session.destroyed || client.destroyed) return Promise.resolve(failure(ended))
  const stream = session.request({ ':method': 'CONNECT', ':authority': authority })
  const giveUp = () => void stream.destroy()
  client.once('close', giveUp)
  stream.on('error', () => {})
  stream.setTimeout(answerTimeoutMs, giveUp)
  return new Promise((resolve) => {
    stream.once('close', () => resolve(failure(ended)))
    stream.once('response', (headers) => {
      client.off('close', giveUp)
      stream.setTimeout(0)
      if (headers[':status'] === constants.HTTP_STATUS_OK) return resolve({ stream })
      // Not reset: a session with many resets is taken for an attack.
      stream.end()
      resolve(failure(refusalOf(headers)))
    })
  })
}

const ended = { status: 502, reason: 'The connection ended before it was there.' }

/**
 * @param {Refusal} refusal
 * @returns {Outcome}
 */
function failure(refusal) {
  return { refusal }
}

/** @param {import('node:http2').IncomingHttpHeaders & import('node:http2').IncomingHttpStatusHeader} headers */
function refusalOf(headers) {
  const reason = headers['x-auroracoder-refused'] ?? headers['x-auroracoder-failed'] ?? 'The connection failed.'
  return { status: headers[':status'] ?? constants.HTTP_STATUS_BAD_GATEWAY, reason: String(reason) }
}
