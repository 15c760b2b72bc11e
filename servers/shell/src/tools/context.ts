import type { Jail } from '@auroracoder/kit/jail'
import type { Shell } from '../shell/shell.js'
import type { Turns } from '../shell/turns.js'

/** What the tools of this server work with. */
export interface ToolContext {
  shell: Shell
  jail: Jail
  turns: Turns
  /** What this machine lacks, in one sentence for the reader. */
  missing(): string | undefined
}
