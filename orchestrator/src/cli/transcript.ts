import { modelNotices } from '../context/index.js'
import type { DeltaEvent, StoredEvent } from '../events/index.js'
import { printable, type Style, type Terminal } from './style.js'

/** Prints the events of one run as they happen: reasoning, text, calls, corrections, results. */
export interface Transcript {
  show(event: StoredEvent | DeltaEvent): void
}

export const resultLinesShown = 16
const lineCharsShown = 160
const argumentsCharsShown = 400

/** Notices that open a conversation: the model has to read them, a person need not. */
const openings = new Set<string>([modelNotices.system, modelNotices.workspace])

type Called = Extract<StoredEvent, { type: 'tool.called' }>['data']
type Finished = Extract<StoredEvent, { type: 'tool.finished' }>['data']

export function createTranscript({ write, style }: Terminal): Transcript {
  const calls = new Map<string, Called>()
  let isLineOpen = false

  const line = (text: string): void => {
    if (isLineOpen) write('\n')
    isLineOpen = false
    write(`${text}\n`)
  }
  const stream = (text: string): void => {
    if (text === '') return
    write(text)
    isLineOpen = !text.endsWith('\n')
  }

  return {
    show(event) {
      if (event.type === 'tool.called') calls.set(event.data.callId, event.data)
      if (event.type === 'reasoning.delta') stream(style.dim(printable(event.data.text)))
      else if (event.type === 'text.delta') stream(printable(event.data.text))
      else for (const text of linesFor(event, { style, calls })) line(text)
    },
  }
}

interface Told {
  style: Style
  calls: ReadonlyMap<string, Called>
}

function linesFor(event: StoredEvent | DeltaEvent, { style, calls }: Told): string[] {
  switch (event.type) {
    case 'reasoning.finished':
    case 'text.finished':
      return ['']
    case 'tool.called':
      return [`${style.cyan(`→ ${event.data.name}`)} ${shownArguments(event.data)}`]
    case 'tool.corrected':
      return [style.dim(`  corrected to ${shownArguments(event.data)}`)]
    case 'tool.finished':
      return resultLines(event.data, calls.get(event.data.callId)?.name ?? 'tool', style)
    case 'step.discarded':
      return [style.dim(`  (this attempt is discarded: ${printable(event.data.reason)})`)]
    case 'notice':
      return openings.has(event.data.code) ? [] : [style.dim(`! ${printable(event.data.message)}`)]
    case 'run.failed':
      return [style.red(`! ${printable(event.data.message)}`)]
    case 'approval.asked':
      return [style.bold(`? ${printable(event.data.message)}`)]
    case 'approval.answered':
      return [style.dim(`  (${event.data.answer === 'expire' ? 'nobody answered' : `answered: ${event.data.answer}`})`)]
    case 'subagent.started':
      return [style.dim(`  a helper begins: ${clip(printable(event.data.task), argumentsCharsShown)}`)]
    case 'subagent.finished':
      return [style.dim(`  a helper ${event.data.ok ? 'is done' : 'did not finish'}`)]
    case 'compaction.started':
      return [style.dim('  the oldest part of the conversation is being summarised')]
    case 'continued':
      return [style.dim(`  the conversation goes on in session ${event.data.sessionId}`)]
    case 'run.cancelled':
      return [style.red('! cancelled')]
    default:
      return []
  }
}

function resultLines({ ok, content }: Finished, name: string, style: Style): string[] {
  const text = content.map((block) => (block.type === 'text' ? block.text : `[image, ${block.mimeType}]`)).join('\n')
  const lines = printable(text).trimEnd().split('\n')
  const hidden = lines.length - resultLinesShown
  return [
    ok ? style.green(`✓ ${name}`) : style.red(`✗ ${name}`),
    ...lines.slice(0, resultLinesShown).map((shown) => style.dim(`  │ ${clip(shown, lineCharsShown)}`)),
    ...(hidden > 0 ? [style.dim(`  │ … ${hidden} more lines`)] : []),
  ]
}

function shownArguments(call: { arguments: string }): string {
  return clip(printable(call.arguments), argumentsCharsShown)
}

function clip(text: string, charsMax: number): string {
  return text.length > charsMax ? `${text.slice(0, charsMax)}…` : text
}
