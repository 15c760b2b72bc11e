import type { ElicitResult } from '@modelcontextprotocol/client'
import { z } from 'zod'
import { untilAborted } from './until-aborted.js'

/** What a server asks the user in the middle of a call: a form by its JSON Schema, or to visit a page. */
export interface Question {
  message: string
  /** Flat, with primitive fields; absent when `url` is there. */
  schema?: Record<string, unknown>
  /** A page of the server's, http or https: what the user does there never passes through us. */
  url?: string
}

export type ElicitAnswer =
  | { action: 'accept'; content: Record<string, unknown> }
  | { action: 'decline' }
  | { action: 'cancel' }

export const questionsPerCallMax = 16
export const questionMessageCharsMax = 8_000
export const questionSchemaCharsMax = 32_000
export const questionUrlCharsMax = 4_000

/** The questions of one call. */
export interface Interview {
  /** Takes the parameters of `elicitation/create`. Rejects when the call is aborted meanwhile. */
  answer(params: unknown): Promise<ElicitResult>
}

export interface InterviewOptions {
  /** Absent: nobody can be asked. */
  ask: ((question: Question) => Promise<ElicitAnswer>) | undefined
  signal: AbortSignal
  /** Told in one sentence why a question was answered without asking. */
  refused(why: string): void
}

export function createInterview({ ask, signal, refused }: InterviewOptions): Interview {
  let asked = 0
  const cancel = (why: string): ElicitResult => {
    refused(`A question was answered with "cancel": ${why}.`)
    return { action: 'cancel' }
  }
  return {
    async answer(params) {
      if (!ask) return cancel('nobody can be asked')
      asked += 1
      if (asked > questionsPerCallMax) return cancel(`the call has asked more than ${questionsPerCallMax} times`)
      const read = readQuestion(params)
      if ('problem' in read) return cancel(read.problem)
      const answer = await untilAborted(ask(read.question), signal)
      if (answer.action !== 'accept') return { action: answer.action }
      if (read.question.url !== undefined) return { action: 'accept' }
      const content = contentSchema.safeParse(withDefaults(answer.content, read.question.schema))
      if (!content.success) return cancel('the answer has a value that is no text, number, boolean or list of texts')
      return { action: 'accept', content: content.data }
    },
  }
}

const paramsSchema = z.object({
  mode: z.string().optional(),
  message: z.string(),
  requestedSchema: z.record(z.string(), z.unknown()).optional(),
  url: z.string().optional(),
})

const contentSchema = z.record(z.string(), z.union([z.string(), z.number(), z.boolean(), z.array(z.string())]))

function readQuestion(params: unknown): { question: Question } | { problem: string } {
  const parsed = paramsSchema.safeParse(params)
  if (!parsed.success) return { problem: 'it has no message, or fields of the wrong type' }
  const { mode = 'form', message, requestedSchema: schema, url } = parsed.data
  if (message.length > questionMessageCharsMax) {
    return { problem: `its message has more than ${questionMessageCharsMax} characters` }
  }
  if (mode === 'url') {
    const isShown = url !== undefined && url.length <= questionUrlCharsMax && /^https?:\/\//i.test(url)
    return isShown ? { question: { message, url } } : { problem: 'its page is no http or https URL of bearable length' }
  }
  if (schema === undefined) return { question: { message } }
  const isBearable = JSON.stringify(schema).length <= questionSchemaCharsMax
  if (!isBearable) return { problem: `its schema has more than ${questionSchemaCharsMax} characters` }
  return { question: { message, schema } }
}

const formSchema = z.object({ properties: z.record(z.string(), z.looseObject({ default: z.unknown().optional() })) })

/** Fields that the answer leaves out take the default that the form shows for them. */
function withDefaults(content: Record<string, unknown>, schema: unknown): Record<string, unknown> {
  const form = formSchema.safeParse(schema)
  if (!form.success) return content
  const defaults = Object.entries(form.data.properties).flatMap(([name, field]) =>
    field.default === undefined ? [] : [[name, field.default]],
  )
  return { ...Object.fromEntries(defaults), ...content }
}
