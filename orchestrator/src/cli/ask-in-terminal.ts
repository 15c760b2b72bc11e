import { createInterface } from 'node:readline/promises'
import type { ApprovalReply } from '../sessions/index.js'
import type { AskedEvent } from './follow-run.js'
import { printable } from './style.js'

/**
 * Asks whoever sits at the terminal, one question at a time. Where nobody does, every question is answered by nobody
 * and the run ends.
 */
export function askInTerminal(isInteractive: boolean): (asked: AskedEvent) => Promise<ApprovalReply> {
  let last: Promise<unknown> = Promise.resolve()
  return (asked) => {
    if (!isInteractive) return Promise.resolve({ answer: 'expire' })
    const reply = last.then(() => ask(asked))
    last = reply.catch(() => {})
    return reply
  }
}

async function ask({ data: { kind, message } }: AskedEvent): Promise<ApprovalReply> {
  const lines = createInterface({ input: process.stdin, output: process.stderr })
  try {
    const text = printable(message)
    // What a form asks for cannot be filled in here.
    if (kind === 'elicitation') {
      await lines.question(`? ${text} (this terminal cannot answer it; Enter declines) `)
      return { answer: 'decline' }
    }
    const word = (await lines.question(`? ${text} [y/N, or say why not] `)).trim()
    if (/^(y|yes)$/i.test(word)) return { answer: 'accept' }
    return { answer: 'decline', ...(/^(n|no|)$/i.test(word) ? {} : { message: word }) }
  } finally {
    lines.close()
  }
}
