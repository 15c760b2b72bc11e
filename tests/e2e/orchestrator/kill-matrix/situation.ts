import type { StoredEvent } from '@auroracoder/orchestrator/events'
import type { ScriptInput } from '@auroracoder/orchestrator/scripted-model'
import type { Player } from './player.js'

/** Something that is under way when the service is killed. */
export interface Situation {
  name: string
  /**
   * Its steps look at the last message, which may be a result that is unknown after a restart, so that the model always
   * has an answer.
   */
  script: ScriptInput
  files: Readonly<Record<string, string>>
  /** Settles when all that was asked for has ended. It is played from its start again after the kill. */
  play(player: Player): Promise<void>
  /** What does not hold at the end, beside what holds for every situation. */
  problems?(end: SituationEnd): Promise<string[]> | string[]
}

export interface SituationEnd {
  workspace: string
  /** Of every session. */
  logs: ReadonlyMap<string, readonly StoredEvent[]>
}

export const outcomeUnknown = 'Outcome unknown after a restart'

/** The results of a tool in all logs, each as its text and whether it went well. */
export function resultsOf(logs: SituationEnd['logs'], tool: string): { ok: boolean; text: string }[] {
  return [...logs.values()].flatMap((log) => {
    const calls = log.flatMap((event) =>
      event.type === 'tool.called' && event.data.name === tool ? [keyOf(event)] : [],
    )
    return log.flatMap((event) =>
      event.type === 'tool.finished' && calls.includes(keyOf(event))
        ? [{ ok: event.data.ok, text: event.data.content.map((part) => ('text' in part ? part.text : '')).join('') }]
        : [],
    )
  })
}

/** A call is known by its run and its id. */
export function keyOf({ runId, data }: Extract<StoredEvent, { type: 'tool.called' | 'tool.finished' }>): string {
  return `${runId}/${data.callId}`
}
