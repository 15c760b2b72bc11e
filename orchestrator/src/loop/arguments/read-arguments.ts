import { jsonProblem } from './json-problem.js'
import { repairJson } from './repair-json.js'

export type ReadArguments =
  | { args: Record<string, unknown>; repaired: string | undefined }
  /** Continues the sentence "the arguments of X". */
  | { problem: string }

const contextChars = 40

/** The arguments of a call, from the text the model sent. What is broken is mended only where there is one way to. */
export function readArguments(text: string): ReadArguments {
  // Several endpoints send nothing at all for a tool without arguments.
  if (text.trim() === '') return { args: {}, repaired: undefined }
  const plain = parse(text)
  if (plain) return asObject(plain.value, undefined)
  const repaired = repairJson(text)
  const mended = parse(repaired)
  if (mended) return asObject(mended.value, repaired)
  return { problem: `are not valid JSON: ${where(text)} Send the call again with valid JSON.` }
}

function asObject(value: unknown, repaired: string | undefined): ReadArguments {
  if (isRecord(value)) return { args: value, repaired: repaired === undefined ? undefined : JSON.stringify(value) }
  const found = value === null ? 'null' : Array.isArray(value) ? 'an array' : `a ${typeof value}`
  return { problem: `must be a JSON object, found ${found}. Send the call again with an object.` }
}

function where(text: string): string {
  const { offset, expected } = jsonProblem(text)
  const before = text.slice(0, offset)
  const line = before.split('\n').length
  const column = offset - (before.lastIndexOf('\n') + 1) + 1
  const found = offset >= text.length ? 'the end' : JSON.stringify(text.slice(offset, offset + contextChars))
  const after = before === '' ? '' : ` after ${JSON.stringify(before.slice(-contextChars))}`
  return `expected ${expected} at line ${line}, column ${column}${after}, found ${found}.`
}

function parse(text: string): { value: unknown } | undefined {
  try {
    return { value: JSON.parse(text) }
  } catch {
    return undefined
  }
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
