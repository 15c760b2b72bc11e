import type { Call } from '@auroracoder/kit'
import type { Hunk, View } from '@auroracoder/kit/wire'
import type { FileHistory } from '../history/file-history.js'
import type { TextDocument } from '../text/document.js'

/**
 * What the tools tell the panel: each of these remembers for the conversation of the call what it knows of a file, and
 * tells its client what that changes of what is shown. Files are named by real path.
 */
export interface Panel {
  /** What the conversation has seen of the file, open or not. */
  historyOf(call: Call, real: string): FileHistory | undefined
  /** Real paths, the file used longest ago first. */
  openFiles(call: Call): readonly string[]
  /** Whether the client is known to show all of the view already. */
  isShown(call: Call, real: string, view: View): boolean
  opened(call: Call, opening: Opening): void
  /**
   * A tool has found the file as `document`: tells what others have changed of what is shown. False: nothing is shown
   * of the file, or nothing has changed.
   */
  caughtUp(call: Call, found: Found): boolean
  /** `before` has been caught up with. */
  edited(call: Call, editing: Editing): void
  /** The call has written all of the file; `content` is what its own arguments say of that. */
  written(call: Call, writing: Written): void
  /** The call has made this file by other arguments than its content. A plain host is told nothing. */
  created(call: Call, creation: Creation): void
  /** Ends the tracking; false when the file is not open. The disk is not touched. */
  closed(call: Call, real: string): boolean
  /** The call has deleted this file, or this directory with all that was in it. */
  deleted(call: Call, real: string): void
  /** The call has renamed this file or directory, with all that is in it; what stood at `to` is gone. */
  moved(call: Call, from: string, to: string): void
}

export interface Opening {
  readonly real: string
  readonly document: TextDocument
  readonly view: View
}

export interface Creation {
  readonly real: string
  readonly document: TextDocument
}

export interface Found extends Creation {
  readonly charsMax: number
  /** The change was made by the call itself, which is sent again. */
  readonly isOurs?: boolean
}

export interface Editing {
  readonly real: string
  readonly before: TextDocument
  readonly document: TextDocument
  readonly hunks: readonly Hunk[]
}

export interface Written {
  readonly real: string
  readonly document: TextDocument
  readonly content: string
}
