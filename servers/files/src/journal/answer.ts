import type { Reply } from '@auroracoder/kit'
import { z } from 'zod'

/** What a call that changes files says when it is done; known before it is done. What it shows is the panel's part. */
export const answerSchema = z.object({
  text: z.string(),
  notes: z.array(z.string()),
  facts: z.record(z.string(), z.unknown()),
  /** Absent where the arguments of the call are enough to tell it again. */
  applied: z.record(z.string(), z.unknown()).optional(),
})

export type Answer = z.infer<typeof answerSchema>

export function giveAnswer(reply: Reply, { text, notes, facts, applied }: Answer): void {
  for (const sentence of notes) reply.note(sentence)
  reply.text(text)
  reply.result(facts)
  if (applied) reply.applied(applied)
}
