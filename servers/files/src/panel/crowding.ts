import type { Call } from '@auroracoder/kit'
import { panelStateCharsMax } from '@auroracoder/kit/wire'
import { newestOf } from '../history/file-history.js'
import type { Conversation } from './conversations.js'
import { encodeState } from './state.js'
import { visibleChars } from './visible.js'

/** Keeps what is open within bounds, and warns the model of what fills its context. */
export interface Crowding {
  /** After a call has shown something: closes what no longer fits into the client's state, warns when a limit is crossed. */
  check(call: Call, conversation: Conversation, toldAt: number): void
  /** What a client shows already needs no warning. */
  adopt(conversation: Conversation): void
  /** After a file was closed: a limit that is crossed again is warned of again. */
  relax(conversation: Conversation): void
  /** Closes the files used longest ago until the client's state fits; gives their keys. */
  closeOverflow(conversation: Conversation, toldAt: number): string[]
}

/** From the mild warning on, and from the strong one on. */
export interface CrowdingLimits {
  readonly files: readonly [mild: number, strong: number]
  readonly chars: readonly [mild: number, strong: number]
}

export const crowdingDefaults: CrowdingLimits = { files: [5, 10], chars: [50_000, 200_000] }

const largestShown = 3

export function createCrowding(limits: CrowdingLimits): Crowding {
  const levelOf = (open: readonly Size[]): number => {
    const chars = open.reduce((sum, file) => sum + file.chars, 0)
    const isOver = (level: 0 | 1): boolean => open.length > limits.files[level] || chars > limits.chars[level]
    return isOver(1) ? 2 : isOver(0) ? 1 : 0
  }
  const closeOverflow = (conversation: Conversation, toldAt: number): string[] => {
    const closed: string[] = []
    forgetOldGone(conversation)
    for (const [real, memory] of conversation.files) {
      if (JSON.stringify(encodeState(conversation)).length <= panelStateCharsMax) break
      if (!memory.open) continue
      const { key } = memory.open
      conversation.update(real, { ...memory, open: undefined })
      conversation.gone.set(key, { kind: 'closed', toldAt })
      closed.push(key)
    }
    return closed
  }

  return {
    closeOverflow,
    check({ reply }, conversation, toldAt) {
      for (const key of closeOverflow(conversation, toldAt)) reply.change({ kind: 'closed', key })
      const open = sizesOf(conversation)
      const level = levelOf(open)
      if (level > conversation.warned) reply.note(level === 2 ? strongWarning(open) : mildWarning(open))
      conversation.warned = level
    },
    adopt(conversation) {
      conversation.warned = levelOf(sizesOf(conversation))
    },
    relax(conversation) {
      conversation.warned = Math.min(conversation.warned, levelOf(sizesOf(conversation)))
    },
  }
}

interface Size {
  key: string
  chars: number
}

function sizesOf({ files }: Conversation): Size[] {
  return [...files.values()].flatMap(({ open, history }) =>
    open ? [{ key: open.key, chars: visibleChars(open.visible, newestOf(history)?.texts ?? []) }] : [],
  )
}

/** Unconfirmed closings that are remembered: they take room that open files need. */
const goneMax = 50

function forgetOldGone({ gone }: Conversation): void {
  for (const key of gone.keys()) {
    if (gone.size <= goneMax) return
    gone.delete(key)
  }
}

function mildWarning(open: readonly Size[]): string {
  return `${totalOf(open)}. Close what you no longer need with close_file {"paths": […]}, or all but some with {"keep": […]}.`
}

function strongWarning(open: readonly Size[]): string {
  return `Too much is open: ${totalOf(open)}. All of it is sent with every request. Close files now with close_file {"paths": […]}, or all but those in use with {"keep": […]}, and read long files in ranges.`
}

function totalOf(open: readonly Size[]): string {
  const chars = open.reduce((sum, file) => sum + file.chars, 0)
  const largest = [...open].sort((a, b) => b.chars - a.chars).slice(0, largestShown)
  const names = largest.map(({ key, chars: size }) => `${JSON.stringify(key)} (${size.toLocaleString('en')})`)
  const count = `${open.length} ${open.length === 1 ? 'file is' : 'files are'} open`
  return `${count} with ${chars.toLocaleString('en')} characters shown; the largest: ${names.join(', ')}`
}
