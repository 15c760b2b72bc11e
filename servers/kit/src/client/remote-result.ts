import type { CallToolResult } from '@modelcontextprotocol/client'
import { z } from 'zod'

export interface RemoteImage {
  data: string
  mimeType: string
}

/** What a tool answered, with the parts that a model can be shown taken apart. */
export interface RemoteResult {
  ok: boolean
  text: string
  images: readonly RemoteImage[]
  meta: Readonly<Record<string, unknown>>
}

export function remoteResult(result: CallToolResult): RemoteResult {
  const text: string[] = []
  const images: RemoteImage[] = []
  const addImage = ({ data, mimeType }: RemoteImage): void => {
    if (z.base64().safeParse(data).success) images.push({ data, mimeType })
    else text.push(`[an image, ${mimeType}, that is not valid base64]`)
  }
  for (const block of result.content) {
    if (block.type === 'text') text.push(block.text)
    else if (block.type === 'image') addImage(block)
    else text.push(describe(block))
  }
  // Servers that answer with data alone still have to be read.
  if (text.length === 0 && images.length === 0 && result.structuredContent !== undefined) {
    text.push(JSON.stringify(result.structuredContent))
  }
  return { ok: result.isError !== true, text: text.join('\n'), images, meta: result._meta ?? {} }
}

function describe(block: Exclude<CallToolResult['content'][number], { type: 'text' | 'image' }>): string {
  switch (block.type) {
    case 'resource':
      return 'text' in block.resource ? block.resource.text : `[binary resource ${block.resource.uri}]`
    case 'resource_link':
      return `[resource ${block.uri}]`
    case 'audio':
      return `[audio, ${block.mimeType}]`
  }
}
