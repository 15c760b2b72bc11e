import { z } from 'zod'
import { parseBlocks } from './parse.js'
import { applyChange, nothingShown, type Shown } from './shown.js'

/** The part of a chat completions message that matters here. */
export interface ReadableMessage {
  role: string
  content?: unknown
  tool_call_id?: string
  tool_calls?: readonly { id: string; function: { arguments: string } }[]
}

const writtenSchema = z.object({ content: z.string() })
const textPartSchema = z.object({ type: z.literal('text'), text: z.string() })

/**
 * What a model can see of each open file, read from nothing but the messages about to be sent to it. The invariant of
 * living state is that this equals the disk.
 */
export function reconstruct(messages: readonly ReadableMessage[], nonce: string): Shown {
  const callArguments = new Map<string, string>()
  let shown = nothingShown
  for (const message of messages) {
    for (const call of message.tool_calls ?? []) callArguments.set(call.id, call.function.arguments)
    for (const change of parseBlocks(textOf(message.content), nonce)) {
      const args = change.written ? callArguments.get(message.tool_call_id ?? '') : undefined
      const view = change.view && args !== undefined ? { ...change.view, ranges: writtenRanges(args) } : change.view
      shown = applyChange(shown, view ? { ...change, view } : change)
    }
  }
  return shown
}

/** The lines that a call of `write_file` wrote: the model has them in its own arguments. */
function writtenRanges(args: string): { start: number; lines: string[] }[] {
  const { content } = writtenSchema.parse(JSON.parse(args))
  const lines = content.split(/\r\n|\n|\r/)
  if (lines.at(-1) === '') lines.pop()
  return lines.length > 0 ? [{ start: 1, lines }] : []
}

function textOf(content: unknown): string {
  if (typeof content === 'string') return content
  if (!Array.isArray(content)) return ''
  return content.flatMap((part) => textPartSchema.safeParse(part).data?.text ?? []).join('\n')
}
