import type { EventDraft } from './durable.js'

/** Code of the notice with which a run goes on whose process had ended. */
export const runResumedCode = 'run_resumed'

export const runResumed: EventDraft = {
  type: 'notice',
  data: { code: runResumedCode, message: 'The process stopped during this run; it goes on from the log.' },
}
