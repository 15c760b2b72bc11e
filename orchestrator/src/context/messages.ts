import type { Content } from '../events/index.js'
import type { ChatMessage } from '../providers/index.js'
import { userMessage } from './content.js'
import { effectiveEvents, type LogEvent, modelNotices } from './log-event.js'
import { createSteps } from './steps.js'

export interface HistoryOptions {
  /** The model thinks: assistant messages that carry calls must carry their reasoning, even an empty one. */
  thinking: boolean
  /** The model takes images. */
  images: boolean
}

/**
 * The conversation as the model is to see it: a pure function of the log. Whatever the log holds and wherever it was
 * cut, each call is followed by exactly one result, and answers that did not finish leave no trace.
 */
export function toMessages(events: readonly LogEvent[], options: HistoryOptions): ChatMessage[] {
  const log = effectiveEvents(events)
  const messages: ChatMessage[] = []
  const steps = createSteps(options)
  const waiting = new Map<string, { content: Content; steers: boolean }>()
  let workspace = noticeText(log, modelNotices.workspace)

  const system = noticeText(log, modelNotices.system)
  if (system) messages.push({ role: 'system', content: system })

  const say = (content: Content): void => {
    messages.push(...steps.settle())
    const opening: Content = workspace === undefined ? [] : [{ type: 'text', text: workspace }]
    workspace = undefined
    messages.push(userMessage([...opening, ...content], options))
  }
  const admit = (inputId: string): void => {
    const input = waiting.get(inputId)
    if (!input) return
    waiting.delete(inputId)
    say(input.content)
  }

  for (const event of log) {
    switch (event.type) {
      case 'input.admitted':
        waiting.set(event.data.inputId, { content: event.data.content, steers: event.data.delivery === 'steer' })
        break
      case 'run.started':
        if (event.data.inputId !== undefined) admit(event.data.inputId)
        break
      case 'step.started':
        messages.push(...steps.settle())
        for (const [inputId, { steers }] of waiting) if (steers) admit(inputId)
        steps.take(event)
        break
      case 'notice':
        if (event.data.code === modelNotices.nudge) say([{ type: 'text', text: event.data.message }])
        break
      default:
        steps.take(event)
    }
  }
  return [...messages, ...steps.settle()]
}

/** The text of the first notice with this code. */
function noticeText(log: readonly LogEvent[], code: string): string | undefined {
  const notice = log.find((event) => event.type === 'notice' && event.data.code === code)
  return notice?.type === 'notice' ? notice.data.message : undefined
}
