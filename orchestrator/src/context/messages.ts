import type { PanelChange } from '@auroracoder/kit/wire'
import type { Content } from '../events/index.js'
import type { ChatMessage } from '../providers/index.js'
import { compactedUpTo } from './compaction/range.js'
import { summaryText } from './compaction/summary.js'
import { userMessage } from './content.js'
import { createConversation } from './conversation.js'
import { createInputs } from './inputs.js'
import { collapsesPanels, effectiveEvents, type LogEvent, modelNotices } from './log-event.js'
import { panelNonce } from './panels/nonce.js'
import type { PanelPolicy } from './panels/policy.js'
import { type PanelReport, withoutGaps } from './panels/reports.js'
import { changesText, inFull, stateText } from './panels/text.js'
import { standingWritings } from './panels/writings.js'
import { createSteps } from './steps.js'

export interface HistoryOptions {
  /** The model thinks: assistant messages that carry calls must carry their reasoning, even an empty one. */
  thinking: boolean
  /** The model takes images. */
  images: boolean
  /** `auto` when absent. */
  panelPolicy?: PanelPolicy
}

export interface History {
  messages: readonly ChatMessage[]
  /** How many of the messages the newest request held. */
  sent: number
}

/** The conversation as the model is to see it. */
export function toMessages(events: readonly LogEvent[], options: HistoryOptions): ChatMessage[] {
  return [...renderHistory(events, options).messages]
}

/**
 * A pure function of the log. Whatever the log holds and wherever it was cut, each call is followed by exactly one
 * result, answers that did not finish leave no trace, and what can be read of an open file is what it is.
 */
export function renderHistory(events: readonly LogEvent[], options: HistoryOptions): History {
  const log = withoutGaps(effectiveEvents(events))
  const collapse = collapseAt(log, options.panelPolicy)
  const nonce = panelNonce(log) ?? ''
  const conversation = createConversation()
  const steps = createSteps(options, (changes) => changesText(changes, nonce))
  const inputs = createInputs()
  const changes: PanelChange[] = []
  const writings = standingWritings(changesUpTo(log, collapse))
  const compactedTo = compactedUpTo(log)
  let workspace = noticeText(log, modelNotices.workspace)

  const settle = (): void => conversation.add(...steps.settle())
  const say = (content: Content): void => {
    settle()
    const opening: Content = workspace === undefined ? [] : [{ type: 'text', text: workspace }]
    workspace = undefined
    conversation.add(userMessage([...opening, ...content], options))
  }
  const report = ({ data: { callId, changes } }: PanelReport): void => {
    if (changes.length === 0 || steps.report(callId, changes)) return
    settle()
    conversation.attach(changesText(changes.map(inFull), nonce))
  }
  /** Of what has collapsed only that stands which the model reads in its own arguments. */
  const keepWritings = ({ data: { callId, changes } }: PanelReport): void => {
    const kept = changes.filter((change) => writings.get(change.key)?.change === change)
    if (kept.length > 0 && !steps.report(callId, kept)) for (const { key } of kept) writings.delete(key)
  }
  const state = (): string => stateText({ changes, writings }, nonce)

  /** What a summary stands for leaves its traces alone: inputs that were answered, and the state of the panels. */
  const passOver = (event: LogEvent): void => {
    if (event.type === 'input.admitted') inputs.add(event)
    else if (event.type === 'run.started') inputs.take(event.data.inputId)
    else if (event.type === 'step.started') inputs.takeSteering()
    else if (event.type === 'panel.changed') {
      changes.push(...event.data.changes)
      for (const change of event.data.changes)
        if (writings.get(change.key)?.change === change) writings.delete(change.key)
    }
  }

  const system = noticeText(log, modelNotices.system)
  if (system) conversation.add({ role: 'system', content: system })
  const summary = summaryText(log)
  if (summary !== undefined) say([{ type: 'text', text: summary }])
  for (const [index, event] of log.entries()) {
    if (event.seq !== undefined && event.seq <= compactedTo) {
      passOver(event)
      continue
    }
    switch (event.type) {
      case 'input.admitted':
        inputs.add(event)
        break
      case 'run.started':
        inputs.take(event.data.inputId).forEach(say)
        break
      case 'step.started':
        settle()
        inputs.takeSteering().forEach(say)
        conversation.markSent()
        steps.take(event)
        break
      case 'notice':
        if (event.data.code === modelNotices.nudge) say([{ type: 'text', text: event.data.message }])
        break
      case 'panel.changed':
        changes.push(...event.data.changes)
        if (index > collapse) report(event)
        else keepWritings(event)
        break
      case 'epoch':
      case 'compaction.finished':
        settle()
        if (index === collapse) conversation.attach(state())
        break
      default:
        steps.take(event)
    }
  }
  settle()
  if (options.panelPolicy === 'refresh') conversation.attachLast(state())
  return conversation
}

/** The place in the log up to which the text of panels has collapsed; -1 where all of it stands. */
function collapseAt(log: readonly LogEvent[], policy: PanelPolicy | undefined): number {
  return policy === 'refresh' ? log.length : log.findLastIndex(collapsesPanels)
}

function changesUpTo(log: readonly LogEvent[], end: number): PanelChange[] {
  return log.slice(0, end + 1).flatMap((event) => (event.type === 'panel.changed' ? event.data.changes : []))
}

/** The text of the first notice with this code. */
function noticeText(log: readonly LogEvent[], code: string): string | undefined {
  const notice = log.find((event) => event.type === 'notice' && event.data.code === code)
  return notice?.type === 'notice' ? notice.data.message : undefined
}
