import { Failure } from '../failure.js'
import type { PanelChange } from '../wire/panel.js'
import type { Reply } from './reply.js'

/** What a handler has told so far, in its order. */
export interface Recorded {
  readonly reply: Reply
  readonly blocks: (string | PanelChange)[]
  readonly images: { data: string; mimeType: string }[]
  readonly notes: string[]
  failed: boolean
  facts: Record<string, unknown> | undefined
  applied: Record<string, unknown> | undefined
}

export const imageBytesMax = 700_000

export function recordReply(): Recorded {
  const recorded: Recorded = {
    blocks: [],
    images: [],
    notes: [],
    failed: false,
    facts: undefined,
    applied: undefined,
    reply: {
      text: (block) => void recorded.blocks.push(block),
      change: (change) => void recorded.blocks.push(change),
      note: (sentence) => void recorded.notes.push(sentence),
      fail(message) {
        recorded.failed = true
        recorded.blocks.push(message)
      },
      image(bytes, mimeType) {
        if (bytes.byteLength > imageBytesMax) throw imageTooLarge(bytes.byteLength)
        recorded.images.push({ data: Buffer.from(bytes).toString('base64'), mimeType })
      },
      result(facts) {
        recorded.facts = { ...recorded.facts, ...facts }
      },
      applied(args) {
        recorded.applied = args
      },
    },
  }
  return recorded
}

function imageTooLarge(bytes: number): Failure {
  return new Failure(
    `The image has ${bytes} bytes; at most ${imageBytesMax} can be shown. Scale it down and try again.`,
  )
}
