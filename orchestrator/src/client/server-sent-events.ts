import { badAnswer } from './api-error.js'
import { frameCharsMax } from './limits.js'

/** A frame of a stream: an event's data, or how long to wait before coming back. */
export type Frame = { data: string } | { retryMs: number }

export interface FrameReader {
  /** The frames that this piece completes. Bytes may be cut anywhere. */
  push(bytes: Uint8Array): Frame[]
}

/**
 * Reads `text/event-stream` as https://html.spec.whatwg.org/multipage/server-sent-events.html says. `event` and `id`
 * are left out: the events carry both themselves. What is incomplete at the end of a stream is dropped.
 */
export function createFrameReader(): FrameReader {
  // Keeps the first bytes of a character that was cut, and drops a byte order mark.
  const decoder = new TextDecoder()
  let pieces: string[] = []
  let chars = 0
  let endedWithReturn = false
  let data: string[] = []

  const readLine = (line: string): Frame[] => {
    if (line === '') {
      if (data.length === 0) return []
      const frame = { data: data.join('\n') }
      data = []
      chars = 0
      return [frame]
    }
    const { name, value } = fieldOf(line)
    if (name === 'data') data.push(value)
    return name === 'retry' && /^\d{1,9}$/.test(value) ? [{ retryMs: Number(value) }] : []
  }

  return {
    push(bytes) {
      const decoded = decoder.decode(bytes, { stream: true })
      if (decoded === '') return []
      // The line feed of a CRLF that lies in two pieces ends no second line.
      const text = endedWithReturn && decoded.startsWith('\n') ? decoded.slice(1) : decoded
      endedWithReturn = decoded.endsWith('\r')
      chars += text.length
      const [first = '', ...others] = text.split(/\r\n|\n|\r/)
      pieces.push(first)
      const frames: Frame[] = []
      for (const next of others) {
        frames.push(...readLine(pieces.join('')))
        pieces = [next]
      }
      if (data.length === 0 && others.length > 0) chars = pieces[0]?.length ?? 0
      if (chars > frameCharsMax) throw badAnswer(`an event of at most ${frameCharsMax} characters`, '')
      return frames
    },
  }
}

/** A comment has the empty name. */
function fieldOf(line: string): { name: string; value: string } {
  const colon = line.indexOf(':')
  if (colon < 0) return { name: line, value: '' }
  const value = line.slice(colon + 1)
  return { name: line.slice(0, colon), value: value.startsWith(' ') ? value.slice(1) : value }
}
