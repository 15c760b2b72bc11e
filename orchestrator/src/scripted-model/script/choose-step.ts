import { Refusal } from '../http/refusal.js'
import { type ChatRequest, messageText } from '../request.js'
import { matchValues } from './placeholders.js'
import { compilePattern, type Script, type Step } from './script.js'

/** Characters of the last message quoted when no step fits. */
const quoteCharsMax = 200

export interface Choice {
  readonly index: number
  readonly step: Step
  /** Placeholder values for the reply. */
  readonly values: ReadonlyMap<string, string>
}

/** Looks at the messages of this request alone, so sessions on one server cannot disturb one another. */
export function chooseStep(script: Script, request: ChatRequest): Choice {
  const last = messageText(request.messages.at(-1))
  const tool = lastToolName(request)
  const turns = request.messages.filter((message) => message.role === 'assistant').length
  for (const [index, step] of script.steps.entries()) {
    const values = step.when === undefined ? undefined : matchWhen(step.when, { last, tool })
    if (values !== undefined) return { index, step, values: values.set('last', last) }
  }
  const sequence = [...script.steps.entries()].filter(([, step]) => step.when === undefined)
  const next = sequence[turns]
  if (next === undefined) throw exhausted({ turns, length: sequence.length, last, tool })
  return { index: next[0], step: next[1], values: new Map([['last', last]]) }
}

function matchWhen(
  when: NonNullable<Step['when']>,
  { last, tool }: { last: string; tool: string | undefined },
): Map<string, string> | undefined {
  if (when.tool !== undefined && when.tool !== tool) return undefined
  if (when.last === undefined) return new Map()
  const match = compilePattern(when.last).exec(last)
  return match === null ? undefined : new Map(matchValues(match))
}

function lastToolName({ messages }: ChatRequest): string | undefined {
  const last = messages.at(-1)
  if (last?.role !== 'tool') return undefined
  const calls = messages.flatMap((message) => (message.role === 'assistant' ? (message.tool_calls ?? []) : []))
  return calls.findLast((call) => call.id === last.tool_call_id)?.function.name
}

function exhausted(state: { turns: number; length: number; last: string; tool: string | undefined }): Refusal {
  const from = state.tool === undefined ? 'the last message' : `the result of ${state.tool}`
  const quote = JSON.stringify(state.last.slice(0, quoteCharsMax))
  return new Refusal({
    status: 400,
    code: 'script_exhausted',
    message:
      `The script has no step for this request: no "when" holds for ${from}, which begins ${quote}, and turn ` +
      `${state.turns} is past the ${state.length} steps without "when". Add a step, or end the run earlier.`,
  })
}
