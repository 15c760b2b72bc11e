import type { PanelChange } from '@auroracoder/kit/wire'
import { type Content, missingResultText } from '../events/index.js'
import type { ChatMessage } from '../providers/index.js'
import { contentText, userMessage } from './content.js'
import type { LogEvent } from './log-event.js'
import type { HistoryOptions } from './messages.js'

interface Call {
  name: string
  arguments: string
  started: boolean
  result: Content | undefined
}

interface Step {
  id: string
  reasoning: string
  text: string
  calls: Map<string, Call>
  reports: Report[]
  finished: boolean
  /** The run was stopped on purpose. */
  cancelled: boolean
}

/** What a call has changed in a panel. */
interface Report {
  callId: string
  changes: readonly PanelChange[]
}

/** Panel changes as the text that the model reads. */
export type ChangesText = (changes: readonly PanelChange[]) => string

/** Collects the events of the newest step; `settle` turns it into messages and forgets it. */
export function createSteps(options: HistoryOptions, changesText: ChangesText) {
  let step: Step | undefined

  /** Events that belong to no open step are late and change nothing: the model has already been told otherwise. */
  function take(event: LogEvent): void {
    if (event.type === 'step.started') {
      step = { ...emptyStep(), id: idOf(event) }
    } else if (!step) {
      return
    } else if (event.type === 'run.cancelled') {
      step.cancelled = true
    } else if (event.type === 'tool.finished') {
      const call = step.calls.get(event.data.callId)
      if (call) call.result ??= event.data.content
    } else if (idOf(event) === step.id) {
      takeOwn(event, step)
    }
  }

  function takeOwn(event: LogEvent, open: Step): void {
    switch (event.type) {
      case 'reasoning.finished':
        open.reasoning += event.data.text
        break
      case 'text.finished':
        open.text += event.data.text
        break
      case 'tool.called': {
        const { callId, name, arguments: args } = event.data
        open.calls.set(callId, { name, arguments: args, started: false, result: undefined })
        break
      }
      case 'tool.corrected': {
        const call = open.calls.get(event.data.callId)
        if (call) call.arguments = event.data.arguments
        break
      }
      case 'tool.started': {
        const call = open.calls.get(event.data.callId)
        if (call) call.started = true
        break
      }
      case 'step.finished':
        open.finished = true
    }
  }

  /** Puts the changes into the result of their call; false when they have none, or one that is told already. */
  function report(callId: string | undefined, changes: readonly PanelChange[]): boolean {
    if (callId === undefined || !step?.finished || !step.calls.has(callId)) return false
    step.reports.push({ callId, changes })
    return true
  }

  function settle(): ChatMessage[] {
    const settled = step
    step = undefined
    return settled?.finished ? stepMessages(settled, options, changesText) : []
  }

  return { take, report, settle }
}

function emptyStep(): Omit<Step, 'id'> {
  return { reasoning: '', text: '', calls: new Map(), reports: [], finished: false, cancelled: false }
}

function idOf(event: LogEvent): string {
  return `${event.runId}/${event.stepId}`
}

function stepMessages(step: Step, options: HistoryOptions, changesText: ChangesText): ChatMessage[] {
  if (step.calls.size === 0) return step.text === '' ? [] : [{ role: 'assistant', content: step.text }]
  const calls = [...step.calls].map(([id, call]) => ({ id, call, result: call.result ?? missingResult(call, step) }))
  const texts = calls.map(({ result }) => contentText(result, options))
  for (const { at, text } of placeReports(step, changesText)) texts[at] += `\n${text}`
  return [
    {
      role: 'assistant',
      content: step.text,
      ...(options.thinking ? { reasoning_content: step.reasoning } : {}),
      tool_calls: calls.map(({ id, call }) => ({
        id,
        type: 'function',
        function: { name: validName(call.name), arguments: objectJson(call.arguments) },
      })),
    },
    ...calls.map(({ id }, at): ChatMessage => ({ role: 'tool', tool_call_id: id, content: texts[at] ?? '' })),
    ...calls.flatMap(({ call, result }) => pictures(call.name, result, options)),
  ]
}

/**
 * Each report goes into the result of its call, or into a later one where an earlier change already stands later: the
 * model reads the changes in the order in which they happened, whatever the order of its calls.
 */
function placeReports({ calls, reports }: Step, changesText: ChangesText): { at: number; text: string }[] {
  const ids = [...calls.keys()]
  let last = 0
  return reports.map(({ callId, changes }) => {
    last = Math.max(last, ids.indexOf(callId))
    return { at: last, text: changesText(changes) }
  })
}

/** A model may make up a name that endpoints refuse to read back; its result says that there is no such tool. */
function validName(name: string): string {
  return name.replace(/[^A-Za-z0-9_-]/g, '_').slice(0, 64) || 'unnamed'
}

/** Endpoints parse the arguments of past calls; what was no JSON object is told in the call's result. */
function objectJson(text: string): string {
  try {
    const value: unknown = JSON.parse(text)
    return typeof value === 'object' && value !== null && !Array.isArray(value) ? text : '{}'
  } catch {
    return '{}'
  }
}

function missingResult({ started }: Call, { cancelled }: Step): Content {
  return [{ type: 'text', text: missingResultText({ wasStarted: started, cancelled }) }]
}

/** Tool messages hold text alone, so images follow in a user message. */
function pictures(tool: string, result: Content, options: HistoryOptions): ChatMessage[] {
  const images = result.filter((block) => block.type === 'image')
  if (images.length === 0 || !options.images) return []
  return [userMessage([{ type: 'text', text: `From ${tool}:` }, ...images], options)]
}
