const { mkdtempSync, rmSync, writeFileSync } = require('node:fs')
const { tmpdir } = require('node:os')
const { join } = require('node:path')
const { PassThrough } = require('node:stream')
const { load } = require('/opt/auroracoder/servers/start.cjs')

// Runs a server inside this process until it has answered what every client asks first, and keeps what V8 has compiled
// for that: a cache that is made before holds hardly any function.
const answerTimeoutMs = 30_000
const client = { protocolVersion: '2025-11-25', capabilities: {}, clientInfo: { name: 'record', version: '0' } }
const messages = [
  { id: 'initialize', method: 'initialize', params: client },
  { method: 'notifications/initialized' },
  { id: 'list', method: 'tools/list' },
  { id: 'last', method: 'ping' },
]

const server = process.argv[2]
const folder = mkdtempSync(join(tmpdir(), 'record-'))
process.argv.splice(2, 1, '--root', folder, '--state', join(folder, 'state'))
const input = new PassThrough()
Object.defineProperty(process, 'stdin', { value: input })
let answered = false
process.stdout.write = (chunk, done) => {
  answered ||= chunk.toString().includes('"id":"last"')
  if (answered) input.end()
  done?.()
  return true
}

const { script, cacheFile, run } = load(server)
process.on('exit', () => {
  rmSync(folder, { recursive: true })
  if (answered) writeFileSync(cacheFile, script.createCachedData())
  else process.exitCode = 1
})
setTimeout(() => process.exit(1), answerTimeoutMs)
run()
for (const message of messages) input.write(`${JSON.stringify({ jsonrpc: '2.0', ...message })}\n`)
