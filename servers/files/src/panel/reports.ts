import type { Call } from '@auroracoder/kit'
import type { Conversation } from './conversations.js'

/** Which report of its conversation each call makes: all of its changes have the same revision. */
export interface Reports {
  /**
   * Begins the call's report when it has none yet. Each change of a call that was cancelled is a report of its own: its
   * client may have read the panel between two of them.
   */
  revisionFor(call: Call, conversation: Conversation): number
  /** `undefined` for a call that has told nothing. */
  find(call: Call): number | undefined
}

export function createReports(): Reports {
  const revisions = new WeakMap<Call, number>()
  return {
    revisionFor(call, conversation) {
      const known = revisions.get(call)
      if (known !== undefined && !call.signal.aborted) return known
      conversation.revision += 1
      revisions.set(call, conversation.revision)
      return conversation.revision
    },
    find: (call) => revisions.get(call),
  }
}
