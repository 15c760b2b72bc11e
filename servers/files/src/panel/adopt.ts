import { Failure } from '@auroracoder/kit'
import { observe } from '../history/file-history.js'
import { parseDocument } from '../text/document.js'
import type { Conversation, FileMemory, OpenFile } from './conversations.js'
import type { OwnerOptions } from './owner.js'
import { type PanelState, parseState } from './state.js'
import { clampedTo } from './visible.js'

/** Takes up the state that a client carries for a conversation that this process does not know. */
export function createAdoption(options: OwnerOptions): (id: string, raw: unknown) => Promise<void> {
  const { conversations, locks, crowding, log } = options
  return (id, raw) =>
    locks.run(`adopt\0${id}`, async () => {
      if (conversations.find(id)) return
      const state = raw === undefined || raw === null ? undefined : readState(raw, options)
      const files = state ? await filesOf(state, options) : []
      const conversation = conversations.get(id)
      if (!state) return
      conversation.revision = Math.max(conversation.revision, state.revision)
      for (const [key, gone] of state.gone) conversation.gone.set(key, gone)
      for (const found of files) take(conversation, found)
      crowding.adopt(conversation)
      log.debug('a conversation was taken up', { files: files.length })
    })
}

function readState(raw: unknown, { log }: OwnerOptions): PanelState | undefined {
  try {
    return parseState(raw)
  } catch (error) {
    log.warn('the state of a client is not one of ours and was ignored', { err: error })
    return undefined
  }
}

type Found = { key: string } | { real: string; memory: FileMemory & { open: OpenFile } }

async function filesOf({ open }: PanelState, options: OwnerOptions): Promise<Found[]> {
  const found: Found[] = []
  for (const file of open) found.push(await findFile(file, options))
  return found
}

async function findFile(open: OpenFile, { jail, spool, log }: OwnerOptions): Promise<Found> {
  const { key, hash, visible } = open
  const real = await jail.resolve(key).catch((error: unknown) => {
    if (!(error instanceof Failure)) throw error
    log.warn('a file of a client’s state cannot be opened', { key, err: error })
    return undefined
  })
  // A key that leads elsewhere by now names a file that was never shown.
  if (real === undefined || jail.display(real) !== key) return { key }
  const bytes = await spool.get(hash)
  const document = bytes && (await parseDocument(bytes))
  if (!document) return { real, memory: { history: undefined, open } }
  const shown = clampedTo(visible, document.lines.texts)
  const history = observe(undefined, { document, origin: 'opened', step: undefined, shown: shown.lines })
  return { real, memory: { history, open: { ...open, visible: shown } } }
}

function take(conversation: Conversation, found: Found): void {
  if ('memory' in found) conversation.use(found.real, found.memory)
  else conversation.gone.set(found.key, { kind: 'closed', toldAt: undefined })
}
