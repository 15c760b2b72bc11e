import { z } from 'zod'
import { markupVariants } from '../answer/markup.js'

/** Milliseconds between two keep-alives unless the fault says otherwise. */
const keepAliveEveryMsDefault = 1_000

const byteOffset = z.int().min(0)
const milliseconds = z.int().min(1)

const endings = ['stallAtByte', 'cutAtByte', 'endAtByte'] as const

/**
 * What goes wrong with one answer. Fields combine: `{"keepAliveMs": 500, "cutAtByte": 120}`. Offsets count bytes of
 * the response body as it would be without the fault, keep-alives not counted.
 */
export const faultSchema = z
  .strictObject({
    /** Attempts of the same request that meet the fault; the next one gets the next fault of the list, or none. */
    times: z.union([z.int().min(1), z.literal('always')]).default(1),

    /** Answers with this HTTP status and an error body instead of a completion. */
    status: z.int().min(400).max(599).optional(),
    /** The `Retry-After` header, verbatim: seconds, an HTTP date, or nonsense. */
    retryAfter: z.string().optional(),
    /** The error's message in place of the usual one. */
    message: z.string().optional(),

    /** Keep-alives for so long before the first byte of the body: `: keep-alive` comments, or empty lines unstreamed. */
    keepAliveMs: milliseconds.optional(),
    keepAliveEveryMs: milliseconds.default(keepAliveEveryMsDefault),

    /** After so many bytes of the body, silence until the client goes; 0 stalls right after the headers. */
    stallAtByte: byteOffset.optional(),
    /** After so many bytes of the body the connection breaks. */
    cutAtByte: byteOffset.optional(),
    /** After so many bytes the body ends as if it were whole. */
    endAtByte: byteOffset.optional(),
    /** Leaves out the `[DONE]` line, or the finish_reason (and its chunk), of an otherwise clean stream. */
    omit: z
      .array(z.enum(['done', 'finish_reason']))
      .min(1)
      .optional(),

    /** The calls leak as markup at the end of the text, with finish_reason `stop`. */
    markup: z
      .strictObject({
        variant: z.enum(markupVariants),
        /** The markup arrives in two deltas, parted here; inside a character it moves to where that begins. */
        splitAtByte: byteOffset.optional(),
      })
      .optional(),
    /** Neither text nor calls; the reasoning stays. */
    empty: z.literal(true).optional(),
    /** The last call's arguments (the text, where there is no call) end after so many bytes, finish_reason `length`. */
    lengthAtByte: byteOffset.optional(),
    /** The first call's arguments, verbatim, valid or not. */
    arguments: z.string().optional(),
    /** All calls stream under index 0. */
    sameIndex: z.literal(true).optional(),
    finishReason: z.enum(['stop', 'length', 'tool_calls', 'content_filter', 'insufficient_system_resource']).optional(),

    /** Where a stream reports usage: on the chunk with the finish_reason, on one after it without choices, or nowhere. */
    usage: z.enum(['last', 'trailing', 'none']).optional(),
    /** The body leaves in pieces of so many bytes. */
    chunkBytes: z.int().min(1).optional(),
    /** The body leaves in pieces that each end inside a multi-byte character. */
    splitCharacters: z.literal(true).optional(),
  })
  .superRefine((fault, context) => {
    const ends = endings.filter((name) => fault[name] !== undefined)
    if (ends.length > 1) refuse(`at most one of ${endings.join(', ')}, found ${ends.join(' and ')}`)
    if (fault.chunkBytes !== undefined && fault.splitCharacters) {
      refuse('either chunkBytes or splitCharacters, found both')
    }
    if (fault.status === undefined && (fault.retryAfter ?? fault.message) !== undefined) {
      refuse('a status beside retryAfter or message, found none')
    }

    function refuse(expected: string): void {
      context.addIssue({ code: 'custom', message: `expected ${expected}` })
    }
  })

export type Fault = z.infer<typeof faultSchema>

/** The fault that meets the n-th attempt (from 0) of one request. */
export function faultOfAttempt(faults: readonly Fault[], attempt: number): Fault | undefined {
  let first = 0
  for (const fault of faults) {
    if (fault.times === 'always' || attempt < first + fault.times) return fault
    first += fault.times
  }
  return undefined
}
