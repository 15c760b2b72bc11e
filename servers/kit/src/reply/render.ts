import type { CallToolResult, ContentBlock } from '@modelcontextprotocol/server'
import { acknowledgement, renderChange } from '../panel/render.js'
import { metaKeys } from '../wire/call.js'
import { type PanelChange, panelExtension } from '../wire/panel.js'
import type { Recorded } from './record.js'
import { capText } from './size.js'

export interface RenderOptions {
  /** The panel that the client keeps: changes go there as data, and the text only acknowledges them. */
  panel?: { id: string; revision: number; state: unknown } | undefined
  nonce: string
  outputCharsMax: number
}

/** The one place where a tool's answer becomes an MCP result. Text only: hosts disagree about `structuredContent`. */
export function renderResult(recorded: Recorded, options: RenderOptions): CallToolResult {
  const { panel, nonce, outputCharsMax } = options
  const notes = recorded.notes.map((sentence) => `Note: ${sentence}`)
  const textOf = (change: PanelChange): string => (panel ? acknowledgement(change) : renderChange(change, nonce))
  const blocks = recorded.blocks.map((block) => (typeof block === 'string' ? block : textOf(block)))
  const text = capText([...notes, ...blocks].join('\n'), outputCharsMax)
  const images: ContentBlock[] = recorded.images.map((image) => ({ type: 'image', ...image }))
  const content: ContentBlock[] = text === '' && images.length > 0 ? images : [{ type: 'text', text }, ...images]
  const meta = { ...metaOf(recorded), ...panelMeta(recorded, panel) }
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

function panelMeta({ blocks }: Recorded, panel: RenderOptions['panel']): Record<string, unknown> {
  const changes = blocks.filter((block) => typeof block !== 'string')
  return panel && changes.length > 0 ? { [panelExtension]: { ...panel, changes } } : {}
}
