import type { Answer, ToolServer } from '../mcp/tool-server.js'
import { echoOf } from '../speed/echo.js'
import { type Sampling, sampleApart, sampleInTurns, type Task, type Timing } from '../speed/sample.js'
import type { Told } from './answers.js'
import { aloneLabel, type ShellContestant, succeeding } from './contestants.js'

export interface Command {
  readonly text: string
  /** In words, for a table. */
  readonly title: string
  readonly output: string
  readonly exitCode: number
}

export interface CommandMeasured {
  readonly command: string
  readonly contestant: string
  readonly timing: Timing
  /** A call and an answer of the same sizes, by a server that does nothing. */
  readonly echo: Timing
  /** Of the timed answers, those without the right output or with a wrong exit code. */
  readonly wrong: number
}

interface Request {
  readonly contestants: readonly ShellContestant[]
  readonly echo: ToolServer
  readonly sampling: Sampling
}

const waitMs = 30_000

export const emptyCommand: Command = { text: ':', title: ':', output: '', exitCode: 0 }

/** Of the lines, as many as fit into one answer of every server, no two alike. */
const timedCommands: readonly Command[] = [
  emptyCommand,
  { text: '/bin/true', title: '/bin/true', output: '', exitCode: 0 },
  { text: 'seq 2000', title: '2,000 lines', output: numbersTo(2_000), exitCode: 0 },
]

/** Not timed: whoever answers this rightly does run commands. */
const probe: Command = { text: 'echo 1 2 3 | wc -w; (exit 7)', title: 'probe', output: '3\n', exitCode: 7 }

/** Between the calls of others, a server has lost the caches of the machine. */
export function measureInTurns(request: Request): Promise<CommandMeasured[]> {
  return measureAll(request, sampleInTurns)
}

/** One server after the other, each with nothing but its own calls. */
export function measureAlone(request: Request): Promise<CommandMeasured[]> {
  const contestants = request.contestants.map((contestant) => ({ ...contestant, label: aloneLabel(contestant.label) }))
  return measureAll({ ...request, contestants }, sampleApart)
}

async function measureAll(request: Request, sample: typeof sampleInTurns): Promise<CommandMeasured[]> {
  for (const contestant of request.contestants) {
    for (const command of [probe, ...timedCommands]) await check(contestant, command)
  }
  const measured: CommandMeasured[] = []
  for (const command of timedCommands) measured.push(...(await measure(request, { command, sample })))
  return measured
}

async function measure(
  { contestants, echo, sampling }: Request,
  { command, sample }: { command: Command; sample: typeof sampleInTurns },
): Promise<CommandMeasured[]> {
  const answers = new Map<string, Answer[]>()
  const tasks: Task[] = []
  for (const contestant of contestants) {
    const { label, server } = contestant
    const call = contestant.run(command.text, { waitMs })
    const echoed = echoOf(call, await succeeding(contestant, call))
    const kept: Answer[] = []
    answers.set(label, kept)
    tasks.push(
      { label, run: async () => void kept.push(await server.call(call)) },
      { label: `echo ${label}`, run: async () => void (await echo.call(echoed)) },
    )
  }
  const timings = await sample(tasks, sampling)
  return contestants.flatMap((contestant) => {
    const { label } = contestant
    const [timing, echoTiming] = [timings.get(label), timings.get(`echo ${label}`)]
    if (!timing || !echoTiming) return []
    const counted = answers.get(label)?.slice(sampling.warmUp) ?? []
    const wrong = counted.filter((answer) => !isRight(answer, { contestant, command })).length
    return [{ command: command.title, contestant: label, timing, echo: echoTiming, wrong }]
  })
}

function isRight(answer: Answer, expected: { contestant: ShellContestant; command: Command }): boolean {
  if (!answer.ok) return false
  const { output, exitCode } = expected.contestant.read(answer.text)
  const { command } = expected
  return isSameOutput(output, command.output) && (exitCode === undefined || exitCode === command.exitCode)
}

/** Before anything is timed, the exit code too, where a server has to be asked for it. */
async function check(contestant: ShellContestant, command: Command): Promise<void> {
  const answer = await succeeding(contestant, contestant.run(command.text, { waitMs }))
  const told = contestant.read(answer.text)
  const exitCode = told.exitCode ?? (await askExit(contestant, told))
  if (isSameOutput(told.output, command.output) && exitCode === command.exitCode) return
  const found = `exit code ${exitCode} and ${JSON.stringify(told.output.slice(0, 200))}`
  throw new Error(`${contestant.label} answered ${found} to the command ${JSON.stringify(command.text)}.`)
}

async function askExit(contestant: ShellContestant, told: Told): Promise<number | undefined> {
  const { exit } = contestant
  if (!exit) return undefined
  return exit.read((await succeeding(contestant, exit.ask(told))).text)
}

function numbersTo(last: number): string {
  return Array.from({ length: last }, (_, index) => `${index + 1}\n`).join('')
}

/** Some servers leave out the last newline. */
function isSameOutput(found: string, expected: string): boolean {
  return found.replace(/\n$/, '') === expected.replace(/\n$/, '')
}
