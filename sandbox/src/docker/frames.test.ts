import { expect, test } from 'vitest'
import { createUnframer } from './frames.js'

const frame = (channel: number, text: string): Buffer => {
  const header = Buffer.alloc(8)
  header.writeUInt8(channel, 0)
  header.writeUInt32BE(Buffer.byteLength(text), 4)
  return Buffer.concat([header, Buffer.from(text)])
}

const sent = Buffer.concat([frame(1, 'out '), frame(2, 'err '), frame(1, ''), frame(1, 'größer'), frame(2, 'end')])

async function unframed(pieces: readonly Buffer[]): Promise<{ stdout: string; stderr: string }> {
  const errors: Buffer[] = []
  const unframer = createUnframer((bytes) => errors.push(bytes))
  for (const piece of pieces) unframer.write(piece)
  unframer.end()
  const chunks: Buffer[] = []
  for await (const chunk of unframer) chunks.push(chunk)
  return { stdout: Buffer.concat(chunks).toString(), stderr: Buffer.concat(errors).toString() }
}

test('two streams are told apart, wherever the connection cuts them', async () => {
  for (let cut = 0; cut <= sent.length; cut += 1) {
    const pieces = [sent.subarray(0, cut), sent.subarray(cut)]
    expect(await unframed(pieces)).toEqual({ stdout: 'out größer', stderr: 'err end' })
  }
  const bytes = [...sent].map((byte) => Buffer.from([byte]))
  expect(await unframed(bytes)).toEqual({ stdout: 'out größer', stderr: 'err end' })
})

test('a frame that never ends keeps what has come of it', async () => {
  expect(await unframed([frame(1, 'whole'), frame(1, 'cut here').subarray(0, 11)])).toMatchObject({
    stdout: 'wholecut',
  })
})
