import { z } from 'zod'
import { type Fault, faultSchema } from './fault.js'
import { matchValues, placeholderNames } from './placeholders.js'

/** `^` and `$` match at every line, and the pattern is read as Unicode. */
const patternFlags = 'mu'

const patternSchema = z.string().superRefine((source, context) => {
  const problem = patternProblem(source)
  if (problem !== undefined) context.addIssue({ code: 'custom', message: `expected a regular expression: ${problem}` })
})

/** Conditions on the last message of the request; all given ones must hold, and `{}` always holds. */
const whenSchema = z.strictObject({
  /** A regular expression somewhere in the last message's text. Its groups can be used in the reply. */
  last: patternSchema.optional(),
  /** The last message is a result of this tool. */
  tool: z.string().min(1).optional(),
})

const callSchema = z.strictObject({
  name: z.string().min(1),
  /** An object is sent as JSON; a string is sent as it stands, valid or not. */
  arguments: z.union([z.record(z.string(), z.unknown()), z.string()], { error: 'expected an object or a string' }),
})

const replySchema = z
  .strictObject({
    /** Sent only while thinking is on. */
    reasoning: z.string().optional(),
    text: z.string().optional(),
    calls: z.array(callSchema).min(1).optional(),
  })
  .refine((reply) => reply.text || reply.calls, {
    error: 'expected text or calls (an empty answer is a fault: "empty")',
  })

const stepSchema = z
  .strictObject({
    when: whenSchema.optional(),
    reply: replySchema,
    fault: z
      .union([faultSchema, z.array(faultSchema).min(1)], { error: 'expected a fault or a list of them' })
      .optional(),
  })
  .superRefine((step, context) => {
    for (const name of new Set(placeholderNames(step.reply))) {
      const known = offeredNames(step.when?.last)
      if (known.includes(name)) continue
      const offered = known.map((each) => `{{${each}}}`).join(', ')
      context.addIssue({ code: 'custom', path: ['reply'], message: `expected one of ${offered}, found {{${name}}}` })
    }
    const calls = step.reply.calls?.length ?? 0
    for (const fault of faultsOf(step)) {
      const needed = callsNeeded(fault)
      if (calls >= needed) continue
      const message = `expected a reply with at least ${needed} calls for this fault, found ${calls}`
      context.addIssue({ code: 'custom', path: ['fault'], message })
    }
  })

/**
 * What the model will say. A request is answered by the first step whose `when` holds; else by the step without `when`
 * whose place among those (from 0) is the number of assistant messages in the request.
 */
export const scriptSchema = z.strictObject({
  description: z.string().optional(),
  steps: z.array(stepSchema).min(1),
})

export type Script = z.infer<typeof scriptSchema>
export type ScriptInput = z.input<typeof scriptSchema>
export type Step = Script['steps'][number]
export type Reply = Step['reply']

export function faultsOf(step: { readonly fault?: Fault | Fault[] | undefined }): readonly Fault[] {
  return step.fault === undefined ? [] : [step.fault].flat()
}

export function compilePattern(source: string): RegExp {
  return new RegExp(source, patternFlags)
}

function patternProblem(source: string): string | undefined {
  try {
    compilePattern(source)
    return undefined
  } catch (error) {
    return error instanceof Error ? error.message : String(error)
  }
}

/** An alternative that matches the empty string shows which groups a pattern has. */
function offeredNames(pattern: string | undefined): string[] {
  if (pattern === undefined) return ['last']
  const match = compilePattern(`(?:${pattern})|`).exec('')
  return ['last', ...(match === null ? [] : matchValues(match).map(([name]) => name))]
}

function callsNeeded(fault: Fault): number {
  if (fault.sameIndex) return 2
  return fault.markup !== undefined || fault.arguments !== undefined ? 1 : 0
}
