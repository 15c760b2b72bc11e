import { quote } from './quote.js'

export interface TriggerOptions {
  id: number
  /** FIFO that the command's text comes from. */
  text: string
  /** FIFO that takes the command's output. */
  output: string
  records: string
  nonce: string
  cwd: string | undefined
  env: Readonly<Record<string, string>>
  mode: 'foreground' | 'background' | 'terminal'
  /** Background processes of earlier commands, whose end is to be reported. */
  jobs: readonly number[]
}

/**
 * What bash reads from its standard input for one command. The report is a line of its own: an interrupt makes bash drop
 * the rest of the line that it is executing.
 */
export function triggerLines(options: TriggerOptions): string {
  return `${runLine(options)}\n${reportLine(options.id, options.jobs)}`
}

/** Safe to send again: the first report of a command counts. */
export function reportLine(id: number, jobs: readonly number[]): string {
  return `\\__ac_done ${[id, ...jobs].join(' ')}\n`
}

function runLine({ id, text, output, records, nonce, cwd, env, mode }: TriggerOptions): string {
  const read = `\\builtin mapfile -t -d '' -n 1 __ac_text <${quote(text)}`
  const assignments = Object.entries(env).map(([name, value]) => `${name}=${quote(value)} `)
  const enter = cwd === undefined ? '' : `\\builtin cd -- ${quote(cwd)} && `
  if (mode === 'background') {
    // In the command's own subshell: the session keeps its folder and its variables.
    const prelude = `${enter}\\builtin export ${assignments.join('')}>/dev/null`
    const start = `\\__ac_behind ${id} ${quote(prelude)} </dev/null >${quote(output)} 2>&1 &`
    return `${read} && { ${start} \\builtin printf '%s\\0' "${nonce} behind ${id} $!" >${quote(records)}; \\builtin disown; }`
  }
  const streams = mode === 'terminal' ? '</dev/tty >/dev/tty 2>&1' : `</dev/null >${quote(output)} 2>&1`
  // Redirections made by the command's own `exec` end with the outer eval, and what goes wrong on the way is output.
  const command = quote(`${enter}${assignments.join('')}\\builtin eval "\${__ac_text[0]}"`)
  return `${read} && \\builtin eval ${command} ${streams}`
}
