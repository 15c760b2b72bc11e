import { lstat } from 'node:fs/promises'
import type { Log, PanelOwner } from '@auroracoder/kit'
import type { Jail } from '@auroracoder/kit/jail'
import type { PanelChange } from '@auroracoder/kit/wire'
import type { Locks } from '../disk/lock.js'
import type { Documents } from '../text/documents.js'
import { viewCharsMax, viewOf } from '../view/view.js'
import { createAdoption } from './adopt.js'
import type { Conversation, Conversations, FileMemory, OpenFile } from './conversations.js'
import type { Crowding } from './crowding.js'
import { readText } from './read-text.js'
import { refresh } from './refresh.js'
import type { Reports } from './reports.js'
import { isUnchanged } from './seen-state.js'
import type { Spool } from './spool.js'
import { encodeState } from './state.js'
import { requestsAfter, visibleIn } from './visible.js'

export interface OwnerOptions {
  readonly jail: Jail
  readonly locks: Locks
  readonly documents: Documents
  readonly conversations: Conversations
  readonly reports: Reports
  readonly spool: Spool
  readonly crowding: Crowding
  readonly nowMs: () => number
  readonly log: Log
}

/** The panel of the open files: what its client shows of each equals the disk after every `read`. */
export function createPanelOwner(options: OwnerOptions): PanelOwner {
  const { conversations, reports } = options
  const adopt = createAdoption(options)

  return {
    id: 'files',
    adopt,
    async read(id, since) {
      const conversation = conversations.get(id)
      conversation.revision = Math.max(conversation.revision, since)
      conversation.confirmed = Math.max(conversation.confirmed, since)
      for (;;) {
        const changes = await readOnce({ ...options, conversation, since })
        // Else a call that nobody waits for has told something meanwhile, which this reading may not hold.
        if (changes) return { revision: conversation.revision, state: encodeState(conversation), changes }
      }
    },
    async position(call) {
      const conversation = conversations.get(call.conversation)
      return { revision: reports.find(call) ?? conversation.revision, state: encodeState(conversation) }
    },
  }
}

interface Reading extends OwnerOptions {
  conversation: Conversation
  since: number
}

/** `undefined` when others have told something while it was read. */
async function readOnce(options: Reading): Promise<PanelChange[] | undefined> {
  const { conversation, since, locks, crowding } = options
  const before = conversation.revision
  let revision: number | undefined
  /** Begins the report when there is something to report. */
  const report = (): number => {
    if (revision === undefined) {
      conversation.revision += 1
      revision = conversation.revision
    }
    return revision
  }
  const changes = goneSince(conversation, since, report)
  for (const real of [...conversation.files.keys()]) {
    changes.push(...(await locks.run(real, () => look({ ...options, report }, real))))
  }
  for (const key of crowding.closeOverflow(conversation, conversation.revision)) {
    conversation.gone.set(key, { kind: 'closed', toldAt: report() })
    changes.push({ kind: 'closed', key })
  }
  const own = revision === undefined ? 0 : 1
  return conversation.revision === before + own ? changes : undefined
}

/** What is no longer shown and the client may not know. What it has been told is forgotten. */
function goneSince({ gone }: Conversation, since: number, report: () => number): PanelChange[] {
  const changes: PanelChange[] = []
  for (const [key, { kind, toldAt }] of [...gone]) {
    if (toldAt !== undefined && toldAt <= since) gone.delete(key)
    else {
      gone.set(key, { kind, toldAt: report() })
      changes.push({ kind, key })
    }
  }
  return changes
}

interface Look extends Reading {
  report: () => number
}

/** What has become of one file. Nothing here is the model's doing, so the order of use stays. */
async function look(options: Look, real: string): Promise<PanelChange[]> {
  const { conversation, since, nowMs, spool, report } = options
  const memory = conversation.files.get(real)
  if (!memory?.open) return []
  const { open } = memory
  const isMissed = open.toldAt > since
  const atMs = nowMs()
  const stats = await lstat(real, { bigint: true }).catch(() => undefined)
  if (stats && !isMissed && memory.history && open.seen && isUnchanged(open.seen, stats)) return []
  const found = await readText(options, real)
  // Meanwhile it may have been closed, deleted or moved.
  if (conversation.files.get(real) !== memory) return look(options, real)
  if ('kind' in found) return leave(options, { real, memory, kind: found.kind })
  const { document } = found

  const view = { path: open.key, step: undefined, onlyVisible: true, charsMax: viewCharsMax }
  const { history, visible, change } = refresh({ ...memory, open }, document, view)
  const seen = { stats: found.stats, atMs }
  spool.keep(document)
  if (isMissed) {
    const { view: fresh } = viewOf(document, { ...view, requests: requestsAfter(visible, []) })
    const toldAt = report()
    conversation.update(real, {
      history,
      open: { key: open.key, hash: document.hash, visible: visibleIn(fresh), toldAt, seen },
    })
    // What was missed may have been a closing: nothing of what was shown before may stay beside the view.
    return [
      { kind: 'closed', key: open.key },
      { kind: 'opened', key: open.key, view: fresh },
    ]
  }
  const toldAt = change ? report() : open.toldAt
  conversation.update(real, { history, open: { key: open.key, hash: document.hash, visible, toldAt, seen } })
  return change ? [{ ...change, key: open.key }] : []
}

interface Leaving {
  real: string
  memory: FileMemory & { open?: OpenFile | undefined }
  kind: 'closed' | 'deleted'
}

function leave({ conversation, report }: Look, { real, memory, kind }: Leaving): PanelChange[] {
  if (!memory.open) return []
  const { key } = memory.open
  conversation.update(real, { ...memory, open: undefined })
  conversation.gone.set(key, { kind, toldAt: report() })
  return [{ kind, key }]
}
