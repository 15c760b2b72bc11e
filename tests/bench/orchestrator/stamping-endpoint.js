/**
 * An OpenAI-compatible endpoint in a process of its own. It streams what the last user message orders, as in
 * "deltas=200 every=50 chars=40": so many pieces, so many milliseconds apart (0: as fast as they are taken), each
 * beginning with the moment at which it was written, as `<t:MILLISECONDS>` by the system's monotonic clock.
 */
import { once } from 'node:events'
import { createServer } from 'node:http'
import { setTimeout as sleep } from 'node:timers/promises'

const server = createServer(async (request, response) => {
  /** @type {Buffer[]} */
  const chunks = []
  for await (const chunk of request) chunks.push(chunk)
  if (request.method !== 'POST') return void response.end(JSON.stringify({ object: 'list', data: [] }))
  const { deltas, every, chars } = orderIn(Buffer.concat(chunks).toString())
  response.writeHead(200, { 'content-type': 'text/event-stream; charset=utf-8', 'cache-control': 'no-cache' })
  const gone = new AbortController()
  response.once('close', () => gone.abort())
  const began = performance.now()
  for (let index = 0; index < deltas && !response.destroyed; index += 1) {
    if (every > 0) await sleep(Math.max(began + index * every - performance.now(), 0))
    const isTaken = response.write(chunk({ delta: { content: stamped(chars) }, finish_reason: null }))
    // A client that has gone takes nothing more, and the loop ends.
    if (!isTaken) await once(response, 'drain', { signal: gone.signal }).catch(() => {})
  }
  const usage = { prompt_tokens: 1, completion_tokens: deltas, total_tokens: deltas + 1 }
  response.write(chunk({ delta: { content: '' }, finish_reason: 'stop' }, usage))
  response.end('data: [DONE]\n\n')
})

server.listen(0, '127.0.0.1', () => {
  const address = server.address()
  const port = typeof address === 'object' ? address?.port : undefined
  process.stdout.write(`${JSON.stringify({ url: `http://127.0.0.1:${port}/v1` })}\n`)
})

/** @param {string} body */
function orderIn(body) {
  const [, deltas = '1', every = '0', chars = '24'] =
    [...body.matchAll(/deltas=(\d+) every=(\d+) chars=(\d+)/g)].at(-1) ?? []
  return { deltas: Number(deltas), every: Number(every), chars: Number(chars) }
}

/** @param {number} chars */
function stamped(chars) {
  const stamp = `<t:${(Number(process.hrtime.bigint() / 1_000n) / 1_000).toFixed(3)}>`
  return stamp.padEnd(chars, ' word')
}

/**
 * @param {object} choice
 * @param {object} [usage]
 */
function chunk(choice, usage) {
  const body = {
    id: 'c',
    created: 1,
    model: 'scripted',
    object: 'chat.completion.chunk',
    choices: [{ index: 0, ...choice }],
  }
  return `data: ${JSON.stringify(usage ? { ...body, usage } : body)}\n\n`
}
