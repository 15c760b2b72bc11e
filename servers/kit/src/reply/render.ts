import type { CallToolResult, ContentBlock } from '@modelcontextprotocol/server'
import { renderChange } from '../panel/render.js'
import { metaKeys } from '../wire/call.js'
import type { Recorded } from './record.js'
import { capText } from './size.js'

export interface RenderOptions {
  nonce: string
  outputCharsMax: number
}

/** The one place where a tool's answer becomes an MCP result. Text only: hosts disagree about `structuredContent`. */
export function renderResult(recorded: Recorded, { nonce, outputCharsMax }: RenderOptions): CallToolResult {
  const notes = recorded.notes.map((sentence) => `Note: ${sentence}`)
  const blocks = recorded.blocks.map((block) => (typeof block === 'string' ? block : renderChange(block, nonce)))
  const text = capText([...notes, ...blocks].join('\n'), outputCharsMax)
  const images: ContentBlock[] = recorded.images.map((image) => ({ type: 'image', ...image }))
  const content: ContentBlock[] = text === '' && images.length > 0 ? images : [{ type: 'text', text }, ...images]
  const meta = metaOf(recorded)
  return {
    content,
    ...(recorded.failed ? { isError: true } : {}),
    ...(Object.keys(meta).length > 0 ? { _meta: meta } : {}),
  }
}

function metaOf({ facts, applied, failed }: Recorded): Record<string, unknown> {
  return {
    ...(facts ? { [metaKeys.result]: facts } : {}),
    // A failed call keeps its own arguments.
    ...(applied && !failed ? { [metaKeys.applied]: { arguments: applied } } : {}),
  }
}
