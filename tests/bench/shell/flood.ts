import type { Answer } from '../mcp/tool-server.js'
import { type ShellContestant, succeeding } from './contestants.js'
import { watchPeakMemory } from './peak-memory.js'

export interface Flooded {
  readonly contestant: string
  readonly ms: number
  /** Whether the answer has the last lines that the command printed; `none` where there is no answer but an error. */
  readonly answered: 'at the end' | 'before the end' | 'none'
  readonly chars: number
  /** Of the server's own resident memory at its peak, bytes. */
  readonly growth: number | undefined
  readonly error?: string
}

/** Longer than the answer of the slowest takes on most machines, and well within the client's 60 s. */
const waitMs = 30_000
const lastLine = 'the end'
/** With its end, 100 bytes: a number of bytes that they divide ends with a whole line. */
const line = 'x'.repeat(99)

/** One command that prints so many bytes, whole lines. */
export async function measureFlood(contestants: readonly ShellContestant[], bytes: number): Promise<Flooded[]> {
  const flooded: Flooded[] = []
  for (const contestant of contestants) flooded.push(await flood(contestant, bytes))
  return flooded
}

async function flood(contestant: ShellContestant, bytes: number): Promise<Flooded> {
  const { label, server } = contestant
  // What a server sets up for its first command is no growth by this one.
  await succeeding(contestant, contestant.run(':', { waitMs }))
  const call = contestant.run(`yes ${line} | head -c ${bytes}; echo ${lastLine}`, { waitMs })
  const memory = await watchPeakMemory(server.pid)
  const start = performance.now()
  const answer = await server.call(call)
  const ms = performance.now() - start
  const growth = await memory?.growth()
  return { contestant: label, ms, growth, ...judge(answer, contestant) }
}

function judge({ ok, text }: Answer, { read }: ShellContestant): Pick<Flooded, 'answered' | 'chars' | 'error'> {
  if (!ok) return { answered: 'none', chars: 0, error: text.slice(0, 500) }
  const { output, exitCode = 0 } = read(text)
  const hasEnd = output.replace(/\n$/, '').endsWith(`${line}\n${lastLine}`)
  return { answered: hasEnd && exitCode === 0 ? 'at the end' : 'before the end', chars: text.length }
}
