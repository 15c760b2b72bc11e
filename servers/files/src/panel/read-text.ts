import { Failure } from '@auroracoder/kit'
import type { Jail } from '@auroracoder/kit/jail'
import { readFile } from '../disk/read.js'
import type { TextDocument } from '../text/document.js'
import type { Documents } from '../text/documents.js'
import type { FileStats } from './seen-state.js'

export interface TextSource {
  readonly jail: Jail
  readonly documents: Documents
}

/** An open file as it is now, or how it must leave the panel. */
export type CurrentText = { document: TextDocument; stats: FileStats } | { kind: 'closed' | 'deleted' }

/** What cannot be read any more, or is no text any more, cannot be shown any more. */
export async function readText({ jail, documents }: TextSource, real: string): Promise<CurrentText> {
  try {
    const content = await readFile(jail, real, documents.known(real))
    if (!content) return { kind: 'deleted' }
    const document = await documents.parse(real, content.bytes)
    return document ? { document, stats: content.stats } : { kind: 'closed' }
  } catch (error) {
    if (error instanceof Failure) return { kind: 'closed' }
    throw error
  }
}
