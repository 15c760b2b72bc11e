import type { ServerResponse } from 'node:http'
import type { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'

/** A reader that takes nothing for this long is given up. */
export const sendStallMs = 60_000

export interface StreamReply {
  status: number
  headers: Record<string, string>
  stream: Readable
}

/**
 * Sends a body as fast as it is taken, and lets go of its source when the reader leaves. What breaks after the head was
 * sent can only be shown by ending the connection.
 */
export async function sendStream(outgoing: ServerResponse, { status, headers, stream }: StreamReply): Promise<void> {
  if (outgoing.destroyed) {
    stream.destroy()
    return
  }
  outgoing.writeHead(status, headers)
  outgoing.setTimeout(sendStallMs, () => outgoing.destroy())
  await pipeline(stream, outgoing).catch(() => outgoing.destroy())
}

/** Saved under this name, whatever characters it has (RFC 6266). */
export function attachment(name: string): string {
  const plain = name.replace(/[^A-Za-z0-9._ -]/g, '_')
  const encoded = encodeURIComponent(name).replace(/['()*]/g, (char) => `%${char.charCodeAt(0).toString(16)}`)
  return `attachment; filename="${plain}"; filename*=UTF-8''${encoded}`
}
