import { z } from 'zod'
import { Failure } from '../failure.js'
import type { Arguments, Call, Tool, ToolDefinition } from './tool.js'

export const toolNamePattern = /^[a-z][a-z0-9_]{0,39}$/
export const descriptionCharsMax = 1_000

/** Throws at start-up when the definition breaks a rule that hosts or model APIs enforce. */
export function defineTool<Shape extends z.ZodRawShape>(definition: ToolDefinition<Shape>): Tool {
  checkDefinition(definition.name, definition.description)
  const schema = z.object(definition.input)
  return {
    name: definition.name,
    title: definition.title,
    description: definition.description,
    hints: definition.hints,
    effects: definition.effects,
    inputSchema: publishedSchema(schema),
    async run(raw, call) {
      const args = asArguments(raw, definition.name)
      const canonical = definition.accept ? definition.accept(args, (sentence) => call.reply.note(sentence)) : args
      noteUnknownFields(canonical, definition.input, call)
      const parsed = schema.safeParse(withoutNulls(canonical))
      if (!parsed.success) throw invalidArguments(definition.name, parsed.error, definition.example)
      await definition.handler(parsed.data, call)
    },
  }
}

function checkDefinition(name: string, description: string): void {
  if (!toolNamePattern.test(name)) throw new Error(`Tool name "${name}" does not match ${toolNamePattern}.`)
  if (description.length > descriptionCharsMax) {
    throw new Error(`Description of ${name} has ${description.length} characters, more than ${descriptionCharsMax}.`)
  }
}

function publishedSchema(schema: z.ZodObject): Tool['inputSchema'] {
  const { $schema: _, additionalProperties: __, ...rest } = z.toJSONSchema(schema, { io: 'input' })
  return { ...rest, type: 'object' }
}

function asArguments(raw: unknown, name: string): Arguments {
  if (raw === undefined || raw === null) return {}
  if (typeof raw === 'object' && !Array.isArray(raw)) return { ...raw }
  throw new Failure(
    `Arguments of ${name} must be a JSON object, found ${Array.isArray(raw) ? 'an array' : typeof raw}.`,
  )
}

/** A note is read beside the answer; it must not crowd it out. */
const unknownFieldsShownMax = 8

function noteUnknownFields(args: Arguments, shape: z.ZodRawShape, call: Call): void {
  const unknown = Object.keys(args).filter((key) => !Object.hasOwn(shape, key))
  if (unknown.length === 0) return
  const shown = unknown.slice(0, unknownFieldsShownMax).map(quote).join(', ')
  const rest = unknown.length > unknownFieldsShownMax ? ` and ${unknown.length - unknownFieldsShownMax} more` : ''
  call.reply.note(`Ignored unknown ${unknown.length === 1 ? 'field' : 'fields'} ${shown}${rest}.`)
}

/** Models send `null` for "not given". */
function withoutNulls(args: Arguments): Arguments {
  return Object.fromEntries(Object.entries(args).filter(([, value]) => value !== null))
}

function invalidArguments(name: string, error: z.ZodError, example: Arguments): Failure {
  const problems = error.issues.map((issue) => {
    const field = issue.path.length > 0 ? `"${issue.path.join('.')}"` : 'the arguments'
    return `${field}: ${issue.message}`
  })
  return new Failure(
    `Invalid arguments for ${name}. ${problems.join('; ')}. A correct call: ${name} ${JSON.stringify(example)}`,
    { cause: error },
  )
}

function quote(key: string): string {
  return `"${key.slice(0, 40)}"`
}
