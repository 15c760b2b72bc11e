import type { Call } from '@auroracoder/kit'
import { type Command, statusOf } from '../session/command.js'
import type { EndedWork } from '../session/session.js'
import type { Shell } from '../shell/shell.js'
import type { Picture } from '../terminal/screen.js'
import { type Excerpt, excerptOf } from '../text/excerpt.js'
import { type Facts, factsOf } from './facts.js'
import { footerOf } from './footer.js'

/** The command that an answer is about. */
export interface About {
  shell: Shell
  call: Call
  command: Command
}

export interface AnswerOptions extends About {
  /** Byte offset in the output. */
  from: number
  charsMax: number
}

/** Room that the footer and the line between head and tail may need. */
const frameChars = 1_500

/** Output, then one footer line; the same facts for machines. */
export function answerCommand(options: AnswerOptions): void {
  const { call, command, from } = options
  const charsMax = outputCharsFor(options.charsMax, call)
  const size = command.spool.size()
  const excerpt = excerptOf(command.spool, { from, to: size, open: command.ending === undefined }, charsMax)
  tell(options, shown(excerpt, command), excerpt)
}

/**
 * What a program that has taken the whole screen writes shows only there. For any other, and once it has ended, the same
 * as `answerCommand`.
 */
export async function answerLive(options: AnswerOptions): Promise<void> {
  const { command } = options
  const picture = command.ending === undefined ? await command.screen?.look().catch(() => undefined) : undefined
  if (picture?.isFullScreen) answerScreen(options, picture)
  else answerCommand(options)
}

export function answerScreen(options: About, picture: Picture): void {
  const { command, call } = options
  const { rows, columns, cursor, isFullScreen, lines, highlighted, skippedBytes } = picture
  const whole = lines.join('\n').trimEnd()
  if (skippedBytes > 0) {
    call.reply.note(`${skippedBytes} bytes came too fast to be drawn: the screen may show less than a terminal would.`)
  }
  tell(options, [whole, ...selectionLines(highlighted)].join('\n'), {
    next: command.spool.size(),
    screen: { rows, columns, cursor, full_screen: isFullScreen },
  })
}

function selectionLines(highlighted: Picture['highlighted']): string[] {
  return highlighted.map(({ row, text }) => `[highlighted in row ${row}: ${text}]`)
}

/** The same for text that was picked from the output, not read from an offset on. */
export function answerText(options: AnswerOptions, text: string): void {
  tell(options, text, { next: options.from })
}

export function outputCharsFor(charsMax: number, { outputCharsMax }: Call): number {
  return Math.min(charsMax, Math.max(outputCharsMax - frameChars, Math.floor(outputCharsMax / 2)))
}

interface Told extends Pick<Excerpt, 'gap' | 'next'> {
  screen?: Facts['screen']
}

function tell({ shell, call, command }: About, output: string, { gap, next, screen }: Told): void {
  const work = shell.takeEndedWork(call.conversation).filter((ended) => !isAbout(ended, command))
  const told = {
    output,
    dropped_bytes: gap === undefined ? 0 : gap.to - gap.from,
    cursor: next,
    ...(screen === undefined ? {} : { screen }),
    jobs: work.map((ended) => describeWork(ended, shell, call.conversation)),
  }
  const facts = factsOf(command, told, shell.now())
  if (output !== '') call.reply.text(output.replace(/\n$/, ''))
  call.reply.text(footerOf(facts, call.nonce))
  call.reply.result({ ...facts })
}

function shown({ head, gap }: Excerpt, { id, spool }: Command): string {
  if (gap === undefined) return head
  const dropped = gap.to - gap.from
  const readable = spool.nextKept(gap.from)
  const lost =
    readable > gap.from ? `, the first ${Math.min(readable, gap.to) - gap.from} of them for good${why(spool)}` : ''
  const how = readable < gap.to ? `: read on with read_terminal {"command_id":"${id}","cursor":${readable}}` : ''
  return `${withNewline(head)}[… ${dropped} bytes left out${lost}${how} …]\n${gap.tail}`
}

function why(spool: Command['spool']): string {
  const trouble = spool.trouble()
  return trouble === undefined ? '' : ` (they could not be kept: ${trouble})`
}

function withNewline(text: string): string {
  return text === '' || text.endsWith('\n') ? text : `${text}\n`
}

function isAbout(work: EndedWork, { id }: Command): boolean {
  return 'commandId' in work && work.commandId === id
}

function describeWork(work: EndedWork, shell: Shell, conversation: string): Facts['jobs'][number] {
  if ('pid' in work) return { pid: work.pid, command: work.command.slice(0, 80), exit_code: work.exitCode }
  const command = shell.commands(conversation).find(({ id }) => id === work.commandId)
  if (command === undefined) return { command_id: work.commandId }
  return {
    command_id: work.commandId,
    command: command.text.slice(0, 80),
    status: statusOf(command),
    exit_code: command.ending?.exitCode ?? null,
  }
}
