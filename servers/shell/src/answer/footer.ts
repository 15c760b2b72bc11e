import type { Facts } from './facts.js'

/**
 * The last line of an answer. It begins with the conversation's nonce, which no program knows: output cannot pass for it.
 * Facts that say nothing (no signal, nothing dropped) are left out.
 */
export function footerOf(facts: Facts, nonce: string): string {
  const isOver = facts.exit_code !== null || facts.signal !== null
  const fields: [name: string, value: unknown, isTold: boolean][] = [
    ['command_id', facts.command_id, true],
    ['session', facts.session, facts.session !== 'main'],
    ['status', facts.status, true],
    ['exit_code', facts.exit_code, facts.exit_code !== null],
    ['signal', facts.signal, facts.signal !== null],
    ['reason', facts.reason, facts.reason !== undefined],
    ['prompt', facts.prompt, facts.prompt !== undefined],
    ['duration_ms', facts.duration_ms, true],
    ['cwd', facts.cwd, true],
    ['dropped_bytes', facts.dropped_bytes, facts.dropped_bytes > 0],
    ['cursor', facts.cursor, !isOver || facts.dropped_bytes > 0],
    ['screen', screenText(facts.screen), facts.screen !== undefined],
    ['log', facts.log, facts.log !== undefined],
    ['jobs', facts.jobs, facts.jobs.length > 0],
  ]
  const told = fields.filter(([, , isTold]) => isTold).map(([name, value]) => `${name}=${fieldText(value)}`)
  const hint = hintFor(facts)
  return `[${nonce}] ${told.join(' ')}${hint === '' ? '' : ` | ${hint}`}`
}

function screenText(screen: Facts['screen']): string {
  if (screen === undefined) return ''
  const { rows, columns, cursor, full_screen: isFull } = screen
  return `${columns}x${rows}${isFull ? ' full-screen' : ''}, cursor in row ${cursor.row}, column ${cursor.column}`
}

/** As it is where that is unmistakable, else in JSON. */
export function fieldText(value: unknown): string {
  return typeof value === 'string' && /^[^\s"=]+$/.test(value) ? value : JSON.stringify(value)
}

function hintFor({ status, command_id: id, cursor, took_over: tookOver, state_lost: isLost }: Facts): string {
  switch (status) {
    case 'running':
      return `still running: read_terminal {"command_id":"${id}","cursor":${cursor},"wait_ms":30000}`
    case 'waiting_tty':
      return `waits for input from the terminal: write_terminal {"command_id":"${id}","text":"…","keys":["Enter"]}`
    case 'shell_restarted':
      return 'the shell ended with this command; the next one gets a fresh shell with the state after the last report'
    default:
      if (tookOver) return 'ran in a fresh shell that took over directory and environment of the last one'
      return isLost ? 'ran in a fresh shell, and the state of the last one is lost: set again what you need' : ''
  }
}
