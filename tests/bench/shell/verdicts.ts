import type { Told } from './answers.js'
import { type ShellContestant, succeeding } from './contestants.js'
import { type PromptCase, pretenders, waiters } from './prompts.js'

/** What a server says about waiting, of commands that do not and of commands that do. */
export interface Verdicts {
  readonly contestant: string
  /** Texts of the commands that were said to wait and did not. */
  readonly falseClaims: readonly string[]
  readonly pretenders: number
  /** Texts of those that were said to wait and did. */
  readonly seen: readonly string[]
  readonly waiters: number
}

/** Many times what the pretenders take. */
const pretendersWaitMs = 10_000
/** As long as a server may look at a command before it has to say that it waits. */
const waitersWaitMs = 3_000

export async function judgePrompts(contestant: ShellContestant): Promise<Verdicts> {
  const falseClaims: string[] = []
  for (const each of pretenders) {
    const told = await play(contestant, each, pretendersWaitMs)
    if (told.waits) falseClaims.push(each.text)
    else requireText(told, { contestant, each })
  }
  const seen: string[] = []
  for (const each of waiters) if ((await play(contestant, each, waitersWaitMs)).waits) seen.push(each.text)
  return { contestant: contestant.label, falseClaims, pretenders: pretenders.length, seen, waiters: waiters.length }
}

/** Apart: whatever is said of it, the command may still be there when the next one comes. */
async function play(contestant: ShellContestant, { command }: PromptCase, waitMs: number): Promise<Told> {
  const call = contestant.run(command(contestant), { waitMs, apart: true })
  return contestant.read((await succeeding(contestant, call)).text)
}

/** A server that has not seen the text has not judged it. What goes to a terminal is no output. */
function requireText({ output }: Told, { contestant, each }: { contestant: ShellContestant; each: PromptCase }): void {
  if (each.stream === 'terminal' && contestant.hasTerminal) return
  if (output.includes(each.text.trimEnd())) return
  throw new Error(`${contestant.label} answered without "${each.text}": ${output.slice(0, 200)}`)
}
