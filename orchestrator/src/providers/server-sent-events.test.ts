import fc from 'fast-check'
import { expect, test } from 'vitest'
import { serverSentData } from './server-sent-events.js'

const watch = { waiting() {}, received() {} }

async function read(chunks: Uint8Array[]): Promise<string[]> {
  const body = new ReadableStream<Uint8Array>({
    start(controller) {
      for (const chunk of chunks) controller.enqueue(chunk)
      controller.close()
    },
  })
  const found: string[] = []
  for await (const data of serverSentData(body, watch)) found.push(data)
  return found
}

const whole = (text: string) => read([new TextEncoder().encode(text)])

test('data of events comes in order, comments and other fields yield nothing', async () => {
  expect(await whole(': keep-alive\n\nevent: x\nid: 1\ndata: one\n\ndata:two\n\n')).toEqual(['one', 'two'])
})

test('lines of one event are joined', async () => {
  expect(await whole('data: one\ndata: two\n\n')).toEqual(['one\ntwo'])
})

test('carriage returns belong to line ends', async () => {
  expect(await whole('data: one\r\n\r\ndata: two\r\n\r\n')).toEqual(['one', 'two'])
})

test('an event without its empty line at the end of the stream counts', async () => {
  expect(await whole('data: one\n\ndata: [DONE]')).toEqual(['one', '[DONE]'])
})

test('an empty stream has no events', async () => {
  expect(await whole('')).toEqual([])
})

test('however the bytes are split, the data is the same', async () => {
  const texts = fc.array(fc.string({ unit: 'grapheme' }).map((text) => text.replace(/[\r\n]/g, '')))
  await fc.assert(
    fc.asyncProperty(texts, fc.array(fc.nat(200)), async (data, cuts) => {
      const bytes = new TextEncoder().encode(data.map((text) => `data: ${text}\n\n`).join(''))
      const ends = [...new Set([0, ...cuts.filter((cut) => cut < bytes.length), bytes.length])].sort((a, b) => a - b)
      const chunks = ends.slice(1).map((end, index) => bytes.slice(ends[index], end))
      expect(await read(chunks)).toEqual(data)
    }),
  )
})

test('a reader that leaves early cancels the stream', async () => {
  let cancelled = false
  const body = new ReadableStream<Uint8Array>({
    pull: (controller) => controller.enqueue(new TextEncoder().encode('data: x\n\n')),
    cancel() {
      cancelled = true
    },
  })
  for await (const _ of serverSentData(body, watch)) break
  expect(cancelled).toBe(true)
})
