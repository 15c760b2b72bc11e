import type { Jail } from '@auroracoder/kit/jail'
import type { Locks } from './disk/lock.js'
import type { TempFiles } from './disk/temp-files.js'
import type { Journal } from './journal/journal.js'
import type { Panel } from './panel/panel.js'
import type { Looks } from './search/looks.js'
import type { Documents } from './text/documents.js'

/** What the tools of one server share. */
export interface Workspace {
  readonly jail: Jail
  /** By real path: calls on one file run one after the other. */
  readonly locks: Locks
  readonly temps: TempFiles
  /** What each conversation has seen of each file, and which files it has open. */
  readonly panel: Panel
  readonly documents: Documents
  /** Every change to a file goes through it. */
  readonly journal: Journal
  readonly looks: Looks
}
