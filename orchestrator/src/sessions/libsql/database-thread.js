/**
 * The thread behind `openDatabase`: does one request after the other, in the order in which they came. It is plain
 * JavaScript because a thread is started from a file, and the file is the same where sources are run as they are.
 */
import { parentPort, workerData } from 'node:worker_threads'
import { createClient, LibsqlError } from '@libsql/client/sqlite3'

/**
 * @typedef {import('./database.js').Request} Request
 * @typedef {import('./database.js').Reply} Reply
 */

/** @type {{ url: string, busyTimeoutMs: number }} */
const { url, busyTimeoutMs } = workerData
const port = parentPort
if (!port) throw new Error('This file is a thread of openDatabase, and does nothing by itself.')
const client = createClient({ url, timeout: busyTimeoutMs, concurrency: 1 })

/** @param {Reply} reply */
const send = (reply) => port.postMessage(reply)

let before = Promise.resolve()
port.on('message', (/** @type {Request} */ request) => {
  before = before.then(() => (request.kind === 'close' ? close() : answer(request)))
})

function close() {
  client.close()
  port?.close()
}

/** @param {Exclude<Request, { kind: 'close' }>} request */
async function answer({ id, kind, statements }) {
  try {
    const results =
      kind === 'single' ? [await client.execute(statements[0])] : await client.batch([...statements], 'write')
    send({ id, results: results.map(({ rows, rowsAffected }) => ({ rows: rows.map(plain), rowsAffected })) })
  } catch (error) {
    if (error instanceof LibsqlError) send({ id, refused: { code: error.code, message: error.message } })
    else send({ id, broken: error })
  }
}

/**
 * The driver's rows have their values a second time by number, which would be sent as well.
 *
 * @param {import('@libsql/client/sqlite3').Row} row
 */
function plain(row) {
  return { ...row }
}
