import type { Call } from '@auroracoder/kit'
import { contains, type Jail } from '@auroracoder/kit/jail'
import type { Hunk, PanelChange } from '@auroracoder/kit/wire'
import { type FileHistory, newestOf, observe } from '../history/file-history.js'
import type { TextDocument } from '../text/document.js'
import { splitLines } from '../text/lines.js'
import { viewCharsMax, viewOf, wholeView } from '../view/view.js'
import type { Conversation, Conversations, FileMemory } from './conversations.js'
import type { Crowding } from './crowding.js'
import type { Panel } from './panel.js'
import { refresh } from './refresh.js'
import type { Reports } from './reports.js'
import type { Spool } from './spool.js'
import { editBetween, type Update, updateOf } from './update.js'
import { covers, merge, nothingVisible, type Visible, visibleIn, withHunks } from './visible.js'

export interface PanelOptions {
  readonly jail: Jail
  readonly conversations: Conversations
  readonly reports: Reports
  readonly spool: Spool
  readonly crowding: Crowding
}

/** Lines that are shown around an edit of a file that is not open. */
const aroundLines = 3

export function createPanel({ jail, conversations, reports, spool, crowding }: PanelOptions): Panel {
  const memoryOf = (call: Call, real: string): FileMemory | undefined =>
    conversations.find(call.conversation)?.files.get(real)

  const show = (call: Call, real: string, { history, document, visible, change }: Showing): void => {
    const conversation = conversations.get(call.conversation)
    const key = jail.display(real)
    const toldAt = reports.revisionFor(call, conversation)
    tellUnsaid(call, conversation, key)
    conversation.use(real, { history, open: { key, hash: document.hash, visible, toldAt } })
    call.reply.change({ ...change, key })
    if (!call.keepsPanels) return
    spool.keep(document)
    crowding.check(call, conversation, toldAt)
  }

  const end = (call: Call, { real, kind }: { real: string; kind: 'closed' | 'deleted' }): string | undefined => {
    const conversation = conversations.get(call.conversation)
    const memory = conversation.files.get(real)
    if (kind === 'deleted') conversation.forget(real)
    else if (memory) conversation.update(real, { ...memory, open: undefined })
    if (!memory?.open) return undefined
    const { key } = memory.open
    conversation.gone.set(key, { kind, toldAt: reports.revisionFor(call, conversation) })
    crowding.relax(conversation)
    return key
  }

  return {
    historyOf: (call, real) => memoryOf(call, real)?.history,

    openFiles(call) {
      const files = conversations.find(call.conversation)?.files ?? []
      return [...files].flatMap(([real, { open }]) => (open ? [real] : []))
    },

    isShown(call, real, view) {
      const conversation = conversations.find(call.conversation)
      const open = conversation?.files.get(real)?.open
      if (!conversation || !open || open.toldAt > conversation.confirmed) return false
      return open.hash.startsWith(view.revision) && covers(open.visible, visibleIn(view))
    },

    opened(call, { real, document, view }) {
      const memory = memoryOf(call, real)
      const shown = visibleIn(view)
      const before = memory?.open?.hash === document.hash ? memory.open.visible : nothingVisible
      show(call, real, {
        history: observe(memory?.history, { document, origin: 'opened', step: call.step, shown: shown.lines }),
        document,
        visible: merge(before, shown),
        change: { kind: 'opened', view },
      })
    },

    caughtUp(call, { real, document, charsMax, isOurs = false }) {
      const memory = memoryOf(call, real)
      if (!memory?.open) return false
      const options = { path: jail.display(real), step: call.step, onlyVisible: false, charsMax }
      const { history, visible, change } = refresh({ ...memory, open: memory.open }, document, options)
      const told = change && isOurs ? ({ ...change, kind: 'edited' } as const) : change
      if (told) show(call, real, { history, document, visible, change: told })
      else conversations.get(call.conversation).use(real, { history, open: { ...memory.open, visible } })
      return change !== undefined
    },

    edited(call, { real, before, document, hunks }) {
      const memory = memoryOf(call, real)
      const found = { document: before, origin: 'drifted', step: call.step } as const
      const base = observe(memory?.history, found)
      const isOpen = memory?.open?.hash === before.hash
      const update = updateByEdit(call, {
        path: jail.display(real),
        base,
        visible: isOpen ? memory.open.visible : undefined,
        document,
        hunks,
      })
      const now = { document, hunks, origin: 'edited', step: call.step, shown: update.visible.lines } as const
      const change = { kind: 'edited', ...update.change } as const
      show(call, real, { history: observe(base, now), document, visible: update.visible, change })
    },

    written(call, { real, document, content }) {
      const path = jail.display(real)
      const isInArguments = isSameList(splitLines(content).texts, document.lines.texts)
      const view = isInArguments ? wholeView(document, path) : viewOf(document, { path, charsMax: viewCharsMax }).view
      const history = memoryOf(call, real)?.history
      show(call, real, {
        history: observe(history, { document, origin: 'written', step: call.step }),
        document,
        visible: visibleIn(view),
        change: { kind: 'opened', view, ...(isInArguments ? { written: true } : {}) },
      })
    },

    created(call, { real, document }) {
      const { view } = viewOf(document, { path: jail.display(real), charsMax: viewCharsMax })
      const history = memoryOf(call, real)?.history
      const now = observe(history, { document, origin: 'written', step: call.step })
      if (call.keepsPanels) {
        show(call, real, { history: now, document, visible: visibleIn(view), change: { kind: 'opened', view } })
      } else conversations.get(call.conversation).use(real, { history: now, open: undefined })
    },

    closed(call, real) {
      const key = end(call, { real, kind: 'closed' })
      if (key !== undefined) call.reply.change({ kind: 'closed', key })
      return key !== undefined
    },

    deleted(call, path) {
      for (const real of filesWithin(conversations.get(call.conversation), path)) {
        const key = end(call, { real, kind: 'deleted' })
        if (key !== undefined && call.keepsPanels) call.reply.change({ kind: 'deleted', key })
      }
    },

    moved(call, from, to) {
      const conversation = conversations.get(call.conversation)
      for (const real of filesWithin(conversation, from)) {
        const memory = conversation.files.get(real)
        const target = to + real.slice(from.length)
        conversation.forget(real)
        if (!memory?.open) {
          // Where the other is open, the next look at it tells what it holds now.
          if (memory && !conversation.files.get(target)?.open) conversation.use(target, memory)
          continue
        }
        const { key: old } = memory.open
        const key = jail.display(target)
        const toldAt = reports.revisionFor(call, conversation)
        conversation.gone.set(old, { kind: 'closed', toldAt })
        conversation.gone.delete(key)
        conversation.use(target, { ...memory, open: { ...memory.open, key, toldAt } })
        if (call.keepsPanels) call.reply.change({ kind: 'moved', key: old, to: key })
      }
    },
  }
}

interface Showing {
  history: FileHistory
  document: TextDocument
  visible: Visible
  change: Omit<PanelChange, 'key'>
}

/** What was closed without a word is still shown where the panel is kept: it must go before the file is shown anew. */
function tellUnsaid(call: Call, { gone }: Conversation, key: string): void {
  const unsaid = gone.get(key)
  if (call.keepsPanels && unsaid && unsaid.toldAt === undefined) call.reply.change({ kind: unsaid.kind, key })
  gone.delete(key)
}

interface Edited {
  path: string
  base: FileHistory
  /** Absent when the file is not open. */
  visible: Visible | undefined
  document: TextDocument
  hunks: readonly Hunk[]
}

/** A panel cannot apply hunks to what it does not show; a plain host is shown hunks always. */
function updateByEdit(call: Call, { path, base, visible, document, hunks }: Edited): Update {
  const known = newestOf(base)
  if (!known) throw new Error('A history has no snapshot.')
  if (!call.keepsPanels) {
    return {
      change: { edit: editBetween(known, document, hunks) },
      visible: withHunks(visible ?? nothingVisible, hunks),
    }
  }
  const charsMax = viewCharsMax
  if (visible) return updateOf(document, { path, known, visible, hunks, onlyVisible: false, charsMax })
  const requests = hunks.map(({ newStart, lines }) => ({
    first: Math.max(newStart - aroundLines, 1),
    last: newStart + lines.length - 1 + aroundLines,
  }))
  const { view } = viewOf(document, { path, requests, charsMax })
  return { change: { view }, visible: visibleIn(view) }
}

function filesWithin({ files }: Conversation, path: string): string[] {
  return [...files.keys()].filter((real) => contains(path, real))
}

function isSameList(one: readonly string[], other: readonly string[]): boolean {
  return one.length === other.length && one.every((text, index) => text === other[index])
}
