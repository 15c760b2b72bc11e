import type { Answer } from './answer.js'

/** One step of a streamed answer, in the fields of DeepSeek's `choices[0].delta`. */
export type Delta = Readonly<Record<string, unknown>>

interface DeltaOptions {
  readonly thinking: boolean
  /** Characters (code points) in one delta. */
  readonly deltaChars: number
  /** All calls under index 0. */
  readonly sameIndex: boolean
}

/** The answer in small steps: the role, the reasoning, the text, then each call with its arguments. */
export function toDeltas(answer: Answer, { thinking, deltaChars, sameIndex }: DeltaOptions): Delta[] {
  const role = { role: 'assistant', content: thinking ? null : '' }
  const text = answer.textSplit === undefined ? slices(answer.text, deltaChars) : halves(answer.text, answer.textSplit)
  return [
    thinking ? { ...role, reasoning_content: '' } : role,
    ...slices(answer.reasoning, deltaChars).map((piece) => ({ content: null, reasoning_content: piece })),
    ...text.map((piece) => (thinking ? { content: piece, reasoning_content: null } : { content: piece })),
    ...answer.calls.flatMap(({ id, name, arguments: text }, place) => {
      const index = sameIndex ? 0 : place
      return [
        { tool_calls: [{ index, id, type: 'function', function: { name, arguments: '' } }] },
        ...slices(text, deltaChars).map((piece) => ({ tool_calls: [{ index, function: { arguments: piece } }] })),
      ]
    }),
  ]
}

function slices(text: string, chars: number): string[] {
  const points = Array.from(text)
  return Array.from({ length: Math.ceil(points.length / chars) }, (_, place) =>
    points.slice(place * chars, (place + 1) * chars).join(''),
  )
}

function halves(text: string, at: number): string[] {
  return [text.slice(0, at), text.slice(at)].filter((half) => half !== '')
}
