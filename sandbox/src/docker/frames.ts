import { Transform } from 'node:stream'

const headerBytes = 8
const stderrChannel = 2

/**
 * Splits what the engine sends of a process into its two streams: stdout comes out, stderr goes to the callback. Each
 * frame has a header: the channel in the first byte, the length of what follows as 32 bits, big-endian, in the last
 * four (Docker Engine API, "Attach to a container", stream format).
 */
export function createUnframer(onStderr: (bytes: Buffer) => void): Transform {
  let header = Buffer.alloc(0)
  let channel = 0
  let left = 0
  return new Transform({
    transform(chunk: Buffer, _encoding, done) {
      let rest = chunk
      while (rest.length > 0) {
        if (left === 0) {
          const missing = headerBytes - header.length
          header = Buffer.concat([header, rest.subarray(0, missing)])
          rest = rest.subarray(missing)
          if (header.length < headerBytes) break
          channel = header.readUInt8(0)
          left = header.readUInt32BE(4)
          header = Buffer.alloc(0)
        } else {
          const payload = rest.subarray(0, left)
          rest = rest.subarray(payload.length)
          left -= payload.length
          if (channel === stderrChannel) onStderr(payload)
          else this.push(payload)
        }
      }
      done()
    },
  })
}
