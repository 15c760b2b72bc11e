import { randomBytes } from 'node:crypto'
import type { ResourceText } from '@auroracoder/kit'
import type { Jail } from '@auroracoder/kit/jail'
import { applyChange, nothingShown, renderShown } from '@auroracoder/kit/panel'
import type { PanelChange } from '@auroracoder/kit/wire'
import type { Documents } from '../text/documents.js'
import { viewCharsMax, viewOf } from '../view/view.js'
import type { Conversations, FileMemory } from './conversations.js'
import { readText } from './read-text.js'
import { refresh } from './refresh.js'
import { requestsAfter } from './visible.js'

export interface ResourceOptions {
  readonly jail: Jail
  readonly documents: Documents
  readonly conversations: Conversations
}

/** Conversation of hosts that name none. */
const plainConversation = 'default'

/** The open files of plain hosts as they are now. Who reads it need not be the model: nothing counts as seen by it. */
export function openFilesResource(options: ResourceOptions): ResourceText {
  const nonce = randomBytes(4).toString('hex')
  return {
    uri: 'panel://files',
    name: 'Open files',
    description: 'The files that are open, as they are on disk now, in the ranges that were shown.',
    mimeType: 'text/plain',
    async read() {
      const files = options.conversations.find(plainConversation)?.files ?? []
      const views = await Promise.all([...files].map(([real, memory]) => viewNow(options, real, memory)))
      const shown = views.flat().reduce(applyChange, nothingShown)
      return shown.size > 0 ? renderShown(shown, nonce) : 'No file is open.'
    },
  }
}

async function viewNow(options: ResourceOptions, real: string, { open, history }: FileMemory): Promise<PanelChange[]> {
  const found = open && (await readText(options, real))
  if (!found || 'kind' in found) return []
  const { document } = found
  const facts = { path: open.key, step: undefined, onlyVisible: true, charsMax: viewCharsMax }
  const { visible } = refresh({ open, history }, document, facts)
  const { view } = viewOf(document, { ...facts, requests: requestsAfter(visible, []) })
  return [{ kind: 'opened', key: open.key, view }]
}
