import { namesFor } from './names.js'
import type { BashPaths } from './paths.js'
import { quote } from './quote.js'
import type { RunRequest } from './runner.js'

export interface TriggerOptions {
  request: Omit<RunRequest, 'text' | 'onOutput'>
  /** Which draft the state after it is written to. */
  draft: number
  paths: Pick<BashPaths, 'text' | 'records'>
  /** FIFO that takes the command's output; `undefined` for a command on the terminal. */
  output: string | undefined
  nonce: string
  /** Background processes of earlier commands, whose end is to be reported. */
  jobs: readonly number[]
}

/**
 * What bash reads from its standard input for one command. The report is a line of its own: an interrupt makes bash drop
 * the rest of the line that it is executing.
 */
export function triggerLines(options: TriggerOptions): string {
  const { request, nonce } = options
  const names = Object.keys(environmentOf(request))
  const report = reportLine({ ...options, id: request.id })
  if (request.mode === 'background') return `${backgroundLine(options)}\n${report}`
  if (names.length === 0) return `${runLine(options)}\n${report}`
  const { code, saved } = namesFor(nonce)
  // As assignments or calls of `declare`, with all attributes; nothing of one that is not set. No disk is needed for it.
  const declarations = names.map((name) => `"\${${name}[@]+\${${name}[@]@A}}"`).join(`$'\\n'`)
  const save = `${saved}=${declarations}; `
  const restore =
    `\\builtin set +e; \\builtin unset -v ${names.join(' ')}; ` +
    `\\builtin eval "$${saved}"; \\builtin unset -v ${saved}; `
  return `${save}${runLine(options)}\n${code}="$?"; ${restore}${reportLine({ ...options, id: request.id, exitCode: `$${code}` })}`
}

export interface ReportOptions extends Pick<TriggerOptions, 'draft' | 'nonce' | 'jobs'> {
  id: number
  /** A shell variable; that of the line before unless given. */
  exitCode?: string
}

/** Safe to send again: the first report of a command counts. */
export function reportLine({ id, draft, jobs, nonce, exitCode = '$?' }: ReportOptions): string {
  return `\\${namesFor(nonce).done} "${exitCode}" ${[id, draft, ...jobs].join(' ')}\n`
}

/** What was typed ahead, and what the terminal replied to a program that has ended, is not for the next one. */
export function forgetLine(nonce: string): string {
  return `\\${namesFor(nonce).forget}\n`
}

/** Programs that find a terminal should not be told that it is a dumb one. */
const terminalType = 'xterm-256color'

function environmentOf({ mode, env }: TriggerOptions['request']): Readonly<Record<string, string>> {
  return mode === 'terminal' ? { TERM: terminalType, ...env } : env
}

function runLine({ request, paths, output, nonce }: TriggerOptions): string {
  const streams = output === undefined ? '</dev/tty >/dev/tty 2>&1' : `</dev/null >${quote(output)} 2>&1`
  // Redirections made by the command's own `exec` end with the outer eval, and what goes wrong on the way is output.
  const command = quote(`${prelude(request)}\\builtin eval "\${${namesFor(nonce).text}[0]}"`)
  return `${readText(paths, nonce)} && \\builtin eval ${command} ${streams}`
}

function backgroundLine({ request, paths, output, nonce }: TriggerOptions): string {
  // The prelude runs in the command's own subshell: the session keeps its folder and its variables.
  const words = `${request.id} ${quote(`${prelude(request)}\\builtin :`)}`
  const start = `\\${namesFor(nonce).behind} ${words} </dev/null >${quote(output ?? '/dev/null')} 2>&1 &`
  const tell = `\\builtin printf '%s\\0' "${nonce} behind ${request.id} $!" >${quote(paths.records)}`
  return `${readText(paths, nonce)} && { ${start} ${tell}; \\builtin disown; }`
}

function readText(paths: TriggerOptions['paths'], nonce: string): string {
  return `\\builtin mapfile -t -d '' -n 1 ${namesFor(nonce).text} <${quote(paths.text)}`
}

function prelude(request: TriggerOptions['request']): string {
  const enter = request.cwd === undefined ? '' : `\\builtin cd -- ${quote(request.cwd)} && `
  const variables = Object.entries(environmentOf(request)).map(([name, value]) => `${name}=${quote(value)}`)
  return variables.length === 0 ? enter : `${enter}\\builtin export ${variables.join(' ')} && `
}
