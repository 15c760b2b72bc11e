import type { Log, PanelOwner, ResourceText } from '@auroracoder/kit'
import type { Jail } from '@auroracoder/kit/jail'
import type { Locks } from '../disk/lock.js'
import type { Documents } from '../text/documents.js'
import type { Conversations } from './conversations.js'
import { createPanel } from './create-panel.js'
import { type CrowdingLimits, createCrowding } from './crowding.js'
import { createPanelOwner } from './owner.js'
import type { Panel } from './panel.js'
import { createReports } from './reports.js'
import { openFilesResource } from './resource.js'
import { createSpool } from './spool.js'

export interface OpenFilesOptions {
  readonly conversations: Conversations
  readonly jail: Jail
  readonly locks: Locks
  readonly documents: Documents
  readonly stateDir: string
  readonly limits: CrowdingLimits
  readonly nowMs: () => number
  readonly log: Log
}

/** The memory of what every conversation has open: for the tools, for clients that keep panels, for plain hosts. */
export interface OpenFiles {
  readonly panel: Panel
  readonly owner: PanelOwner
  readonly resource: ResourceText
  /** Settles when everything is on disk that a restart can use. */
  close(): Promise<void>
}

export function createOpenFiles({ stateDir, limits, ...options }: OpenFilesOptions): OpenFiles {
  const spool = createSpool({ stateDir, log: options.log })
  const shared = { ...options, spool, reports: createReports(), crowding: createCrowding(limits) }
  return {
    panel: createPanel(shared),
    owner: createPanelOwner(shared),
    resource: openFilesResource(shared),
    close: () => spool.settled(),
  }
}
