import type { Bytes } from './bytes.js'
import { parseDocument, type TextDocument } from './document.js'

/** The documents read last, so that a file that still holds the same bytes is not taken apart again. */
export interface Documents {
  /** `undefined` for what is not text. The bytes that are known of it are its document. */
  parse(path: string, bytes: Bytes): Promise<TextDocument | undefined>
  keep(path: string, document: TextDocument): void
  /** The bytes of the document that is kept, to compare the file with. */
  known(path: string): Bytes | undefined
}

/** Bytes of the documents kept. Their texts and lines take several times as much. */
const keptBytesMax = 8_000_000

export function createDocuments(bytesMax = keptBytesMax): Documents {
  // A Map keeps the order of insertion: the first entry is the one that was used longest ago.
  const kept = new Map<string, TextDocument>()
  let size = 0

  const remove = (path: string): void => {
    size -= kept.get(path)?.bytes.length ?? 0
    kept.delete(path)
  }

  const keep = (path: string, document: TextDocument): void => {
    remove(path)
    if (document.bytes.length > bytesMax) return
    kept.set(path, document)
    size += document.bytes.length
    for (const oldest of kept.keys()) {
      if (size <= bytesMax) break
      remove(oldest)
    }
  }

  return {
    keep,
    known: (path) => kept.get(path)?.bytes,
    async parse(path, bytes) {
      const last = kept.get(path)
      if (last?.bytes === bytes) return last
      const document = await parseDocument(bytes.whole())
      if (document) keep(path, document)
      return document
    },
  }
}
