import { type DeltaEvent, type DeltaType, endsRun, type StoredEvent } from '../events/index.js'

/** Text of one part that is remembered for late joiners; of a longer one they get the end. */
export const partCharsMax = 1_000_000

export interface Parts {
  /** Follows an appended event; `key` is the part it opens or closes. */
  apply(event: StoredEvent, key: string | undefined): void
  /** Adds a piece and returns the event to send. Throws when nothing opened the part. */
  extend(piece: { type: DeltaType; key: string; runId: string; text: string; time: string }): DeltaEvent
  snapshots(time: string): DeltaEvent[]
  clear(): void
}

interface Part {
  seq: number
  sessionId: string
  runId: string | undefined
  stepId: string | undefined
  of: DeltaType
  /** Set on parts that share their opening event with others: arguments that stream before their `tool.called`. */
  key: string | undefined
  start: number
  text: string
}

const opened: Partial<Record<StoredEvent['type'], DeltaType>> = {
  'text.started': 'text.delta',
  'reasoning.started': 'reasoning.delta',
  'tool.started': 'tool.progress',
}

/** The parts of a run that are open now, with the text streamed so far. */
export function createParts(): Parts {
  const open = new Map<string, Part>()
  /** The newest step of each run: arguments stream before any event of theirs. */
  const steps = new Map<string | undefined, StoredEvent>()

  const openPart = (key: string, event: StoredEvent, of: DeltaType, shared: boolean): Part => {
    const { seq, sessionId, runId, stepId } = event
    const part = { seq, sessionId, runId, stepId, of, key: shared ? key : undefined, start: 0, text: '' }
    open.set(key, part)
    return part
  }

  const close = (isOver: (part: Part) => boolean): void => {
    for (const [key, part] of open) if (isOver(part)) open.delete(key)
  }

  return {
    apply(event, key) {
      if (event.type === 'step.started') steps.set(event.runId, event)
      if (event.type === 'step.discarded') close((part) => part.runId === event.runId)
      if (event.type === 'step.finished') close((part) => part.runId === event.runId && part.key !== undefined)
      if (endsSubagent(event)) close((part) => part.runId === event.runId)
      if (key === undefined) return
      const of = opened[event.type]
      if (of === undefined) open.delete(key)
      else openPart(key, event, of, false)
    },
    extend({ type, key, runId, text, time }) {
      let part = open.get(key)
      const step = steps.get(runId)
      if (part === undefined && type === 'tool.arguments.delta' && step !== undefined) {
        part = openPart(key, step, type, true)
      }
      if (part === undefined) throw new Error(`A ${type} names the part "${key}", which no event opened.`)
      const data = { ...identity(part), offset: part.start + part.text.length, text }
      grow(part, text)
      return { ...frame(part, time), type, data }
    },
    snapshots: (time) =>
      [...open.values()].map((part) => ({
        ...frame(part, time),
        type: 'part.snapshot',
        data: { ...identity(part), offset: part.start, text: part.text, of: part.of },
      })),
    clear() {
      open.clear()
      steps.clear()
    },
  }
}

function endsSubagent(event: StoredEvent): boolean {
  return event.parentRunId !== undefined && endsRun({ type: event.type })
}

function grow(part: Part, text: string): void {
  part.text += text
  if (part.text.length <= 2 * partCharsMax) return
  const kept = part.text.slice(-partCharsMax)
  part.start += part.text.length - kept.length
  part.text = kept
}

function identity(part: Part) {
  return part.key === undefined ? { part: part.seq } : { part: part.seq, key: part.key }
}

function frame({ sessionId, runId, stepId }: Part, time: string) {
  return { v: 1 as const, sessionId, runId, stepId, time }
}
