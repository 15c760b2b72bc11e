import type { FileHistory } from '../history/file-history.js'
import type { SeenState } from './seen-state.js'
import type { Visible } from './visible.js'

/** What a conversation knows of one file. */
export interface FileMemory {
  /** Absent after a restart when the text that was shown is lost. */
  readonly history: FileHistory | undefined
  /** Absent for a file that is not open in the panel. */
  readonly open: OpenFile | undefined
}

/** A file that the panel shows. What of which revision: the newest snapshot of the history. */
export interface OpenFile {
  /** As the file is named on the wire. */
  readonly key: string
  /** SHA-256 of the bytes that are shown. */
  readonly hash: string
  readonly visible: Visible
  /** Revision of the report that told it last. */
  readonly toldAt: number
  /** The file's state when it had that hash; absent when that is not known. */
  readonly seen?: SeenState | undefined
}

/** Everything that is remembered of one conversation. */
export interface Conversation {
  /** Of the last report. */
  revision: number
  /** Every report up to this one has reached the client. */
  confirmed: number
  /** By real path, the file used longest ago first. */
  readonly files: ReadonlyMap<string, FileMemory>
  /** Keys that are no longer shown, with the revision of the report that said so; absent: nobody has said so yet. */
  readonly gone: Map<string, Gone>
  /** How much the model has been warned of: 0 for nothing. */
  warned: number
  /** Puts the file last in the order of use. */
  use(real: string, memory: FileMemory): void
  /** Leaves the order of use as it is. */
  update(real: string, memory: FileMemory): void
  forget(real: string): void
}

export interface Gone {
  readonly kind: 'closed' | 'deleted'
  readonly toldAt: number | undefined
}

export interface Conversations {
  find(id: string): Conversation | undefined
  /** Begins the conversation when it is new. */
  get(id: string): Conversation
}

export interface ConversationsOptions {
  /** Characters of remembered texts; beyond it, what was used longest ago is forgotten. */
  readonly charsMax?: number
  readonly countMax?: number
}

const rememberedCharsMax = 64_000_000
const conversationsMax = 1_000

/**
 * The memory of all conversations. A conversation that is forgotten begins anew with the state that its client carries;
 * of the only one that is left, the files used longest ago are closed.
 */
export function createConversations({
  charsMax = rememberedCharsMax,
  countMax = conversationsMax,
}: ConversationsOptions = {}): Conversations {
  // A Map keeps the order of insertion: the first entry is the one that was used longest ago.
  const known = new Map<string, Remembered>()

  const shrink = (): void => {
    let chars = [...known.values()].reduce((sum, each) => sum + each.chars(), 0)
    for (const [id, oldest] of known) {
      if (known.size === 1 || (chars <= charsMax && known.size <= countMax)) break
      chars -= oldest.chars()
      known.delete(id)
    }
    const [last] = known.values()
    if (chars > charsMax && known.size === 1) last?.shrinkTo(charsMax)
  }

  const touch = (id: string, conversation: Remembered): Conversation => {
    known.delete(id)
    known.set(id, conversation)
    return conversation
  }

  return {
    find(id) {
      const found = known.get(id)
      return found && touch(id, found)
    },
    get(id) {
      return touch(id, known.get(id) ?? beginConversation(shrink))
    },
  }
}

interface Remembered extends Conversation {
  chars(): number
  shrinkTo(charsMax: number): void
}

function beginConversation(onGrowth: () => void): Remembered {
  const files = new Map<string, FileMemory>()
  const gone = new Map<string, Gone>()
  let chars = 0

  const forget = (real: string): void => {
    chars -= charsOf(files.get(real))
    files.delete(real)
  }
  const update = (real: string, memory: FileMemory): void => {
    chars += charsOf(memory) - charsOf(files.get(real))
    files.set(real, memory)
    onGrowth()
  }

  return {
    revision: 0,
    confirmed: 0,
    warned: 0,
    files,
    gone,
    update,
    use(real, memory) {
      forget(real)
      update(real, memory)
    },
    forget,
    chars: () => chars,
    shrinkTo(charsMax) {
      for (const [real, { open }] of files) {
        if (chars <= charsMax || files.size === 1) break
        if (open) gone.set(open.key, { kind: 'closed', toldAt: undefined })
        forget(real)
      }
    },
  }
}

/** Of a file's memory, beside its texts. */
const fileFrameChars = 500

function charsOf(memory: FileMemory | undefined): number {
  if (!memory) return 0
  return memory.history?.snapshots.reduce((sum, { chars }) => sum + chars, fileFrameChars) ?? fileFrameChars
}
