import { execFile } from 'node:child_process'
import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'
import type { Answer, ToolCall, ToolServer } from '../mcp/tool-server.js'
import { echoOf } from './echo.js'
import type { FilesContestant, Replacement } from './files-contestants.js'
import { type Sampling, sampleInTurns, type Task, type Timing } from './sample.js'

export interface Measured {
  readonly operation: 'edit_file' | 'read_file'
  readonly lines: number
  readonly contestant: string
  readonly timing: Timing
  /** A call and an answer of the same sizes, by a server that does nothing. */
  readonly echo: Timing
}

interface Request {
  readonly contestants: readonly FilesContestant[]
  readonly echo: ToolServer
  readonly lines: number
  readonly sampling: Sampling
}

const readLines = 100

/** In turns, and what comes first also alone: between the calls of others, a server has lost the caches of the machine. */
export async function measureEditsAndReads(request: Request): Promise<Measured[]> {
  const inTurns = await measureBoth(request)
  const [first, ...others] = request.contestants
  if (!first || others.length === 0) return inTurns
  const alone = { ...first, label: `${first.label}, alone` }
  return [...inTurns, ...(await measureBoth({ ...request, contestants: [alone] }))]
}

async function measureBoth(request: Request): Promise<Measured[]> {
  const path = ({ root }: FilesContestant) => join(root, `${request.lines}-lines.txt`)
  for (const contestant of request.contestants) await writeFile(path(contestant), textOf(request.lines))
  const first = Math.max(1, Math.floor(request.lines / 2))
  const reads = await measure(request, {
    operation: 'read_file',
    call: (contestant) => contestant.read(path(contestant), { first, count: Math.min(readLines, request.lines) }),
  })
  const edits = await measure(request, {
    operation: 'edit_file',
    call: (contestant, round) => contestant.edit(path(contestant), replacementAt(first, round)),
  })
  for (const contestant of request.contestants) await verify(path(contestant), contestant, request)
  return [...reads, ...edits]
}

interface Operation {
  readonly operation: Measured['operation']
  call(contestant: FilesContestant, round: number): ToolCall
}

/** The first call is made once to learn the answer's size, and must succeed. */
async function measure({ contestants, echo, lines, sampling }: Request, work: Operation): Promise<Measured[]> {
  const { operation, call } = work
  const tasks: Task[] = []
  for (const contestant of contestants) {
    const answer = await succeeding(contestant, call(contestant, 0))
    const echoed = echoOf(call(contestant, 0), answer)
    tasks.push(
      {
        label: contestant.label,
        ...(contestants.length > 1 && { before: flush }),
        run: async (round) => void (await contestant.server.call(call(contestant, round + 1))),
      },
      { label: `echo ${contestant.label}`, run: async () => void (await echo.call(echoed)) },
    )
  }
  const timings = await sampleInTurns(tasks, sampling)
  return contestants.flatMap(({ label }) => {
    const timing = timings.get(label)
    const echoTiming = timings.get(`echo ${label}`)
    return timing && echoTiming ? [{ operation, lines, contestant: label, timing, echo: echoTiming }] : []
  })
}

/** Whoever waits until its own bytes are on disk would also wait for those that others have left in memory. */
async function flush(): Promise<void> {
  await promisify(execFile)('sync')
}

async function succeeding({ label, server }: FilesContestant, call: ToolCall): Promise<Answer> {
  const answer = await server.call(call)
  if (!answer.ok) throw new Error(`${label} refused ${call.name}: ${answer.text.slice(0, 500)}`)
  return answer
}

function textOf(lines: number): string {
  return Array.from({ length: lines }, (_, index) => `${lineOf(index + 1)}\n`).join('')
}

function lineOf(number: number): string {
  return `line ${number} of a file whose lines are about as long as those of a program`
}

/** There and back again: what an even round writes, the next takes away. */
function replacementAt(line: number, round: number): Replacement {
  const [before, after] = [lineOf(line), `${lineOf(line)}, changed`]
  const block = (middle: string) => [middle, lineOf(line + 1), lineOf(line + 2)].join('\n')
  return round % 2 === 0
    ? { line, oldText: block(before), newText: block(after) }
    : { line, oldText: block(after), newText: block(before) }
}

/** Fast and wrong is not fast: after the last round the file must be what the edits make of it. */
async function verify(path: string, { label }: FilesContestant, { lines, sampling }: Request): Promise<void> {
  const rounds = sampling.warmUp + sampling.rounds + 1
  const line = Math.max(1, Math.floor(lines / 2))
  const expected =
    rounds % 2 === 0 ? textOf(lines) : textOf(lines).replace(`${lineOf(line)}\n`, `${lineOf(line)}, changed\n`)
  if ((await readFile(path, 'utf8')) !== expected) throw new Error(`${label} has not made the edits that were timed.`)
}
