import type { Content } from '../events/index.js'
import type { LogEvent } from './log-event.js'

/** What users have sent and the model has not been told yet. */
export interface Inputs {
  add(event: Extract<LogEvent, { type: 'input.admitted' }>): void
  /** Takes out one input. */
  take(inputId: string | undefined): Content[]
  /** Takes out those that steer the run under way, oldest first. */
  takeSteering(): Content[]
}

export function createInputs(): Inputs {
  const waiting = new Map<string, { content: Content; steers: boolean }>()

  const take = (inputId: string | undefined): Content[] => {
    const input = waiting.get(inputId ?? '')
    waiting.delete(inputId ?? '')
    return input ? [input.content] : []
  }

  return {
    add({ data: { inputId, content, delivery } }) {
      waiting.set(inputId, { content, steers: delivery === 'steer' })
    },
    take,
    takeSteering: () => [...waiting].flatMap(([inputId, { steers }]) => (steers ? take(inputId) : [])),
  }
}
