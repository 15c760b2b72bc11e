import { appendFileSync } from 'node:fs'
import { createClient } from '@libsql/client'

/**
 * Loaded into the service and its threads with `--import`: notes every append to the event log, and ends the process at
 * one of them.
 *
 * `AURORACODER_TEST_APPENDS`: a file that gets the types of every append, as JSON, a line each.
 * `AURORACODER_TEST_KILL_AT`: `before:tool.started:2` ends the process when the second append that holds such an event
 * is about to be made; `after:` when it is in the file, and nobody has heard of it yet.
 */
const { AURORACODER_TEST_APPENDS: appendsFile, AURORACODER_TEST_KILL_AT: killAt } = process.env
const [moment, killType, killCount] = killAt?.split(':') ?? []

const columns = 5
const typeColumn = 2
let count = 0

const client = createClient({ url: ':memory:' })
const prototype = Object.getPrototypeOf(client)
client.close()

for (const method of ['execute', 'batch']) {
  const original = prototype[method]
  /** @param {unknown[]} given */
  prototype[method] = async function wrapped(...given) {
    const types = appendedTypes(given[0])
    if (types.length === 0) return original.apply(this, given)
    if (appendsFile) appendFileSync(appendsFile, `${JSON.stringify(types)}\n`)
    const isIt = types.includes(killType) && ++count === Number(killCount)
    if (isIt && moment === 'before') process.kill(process.pid, 'SIGKILL')
    const result = await original.apply(this, given)
    if (isIt && moment === 'after') process.kill(process.pid, 'SIGKILL')
    return result
  }
}

/**
 * The types of the events that one statement, or a batch of them, adds to the log.
 *
 * @param {any} statements
 * @returns {string[]}
 */
function appendedTypes(statements) {
  return [statements].flat().flatMap((statement) => {
    if (typeof statement?.sql !== 'string' || !statement.sql.startsWith('INSERT INTO events')) return []
    const rows = statement.sql.split('(?, ?, ?, ?, ?)').length - 1
    return Array.from({ length: rows }, (_, row) => statement.args[row * columns + typeColumn])
  })
}
