import { Failure } from '@auroracoder/kit'

const named: Readonly<Record<string, string>> = {
  Enter: '\r',
  Tab: '\t',
  Escape: '\x1b',
  Space: ' ',
  Backspace: '\x7f',
  Delete: '\x1b[3~',
  Insert: '\x1b[2~',
  Up: '\x1b[A',
  Down: '\x1b[B',
  Right: '\x1b[C',
  Left: '\x1b[D',
  Home: '\x1b[H',
  End: '\x1b[F',
  PageUp: '\x1b[5~',
  PageDown: '\x1b[6~',
  F1: '\x1bOP',
  F2: '\x1bOQ',
  F3: '\x1bOR',
  F4: '\x1bOS',
  F5: '\x1b[15~',
  F6: '\x1b[17~',
  F7: '\x1b[18~',
  F8: '\x1b[19~',
  F9: '\x1b[20~',
  F10: '\x1b[21~',
  F11: '\x1b[23~',
  F12: '\x1b[24~',
}

/** What a terminal sends for a key: a name, `C-x` with Control, `M-x` with Alt. Throws `Failure` for any other. */
export function keySequence(key: string): string {
  const [, modifier, letter = ''] = /^([CM])-(.)$/u.exec(key) ?? []
  const control = letter.toUpperCase().charCodeAt(0)
  if (modifier === 'C' && control >= 0x40 && control < 0x60) return String.fromCharCode(control - 0x40)
  if (modifier === 'M') return `\x1b${letter}`
  const sequence = Object.hasOwn(named, key) ? named[key] : undefined
  if (sequence !== undefined) return sequence
  throw new Failure(
    `"keys" does not know ${JSON.stringify(key.slice(0, 20))}. Known: ${Object.keys(named).join(', ')}, ` +
      'C-c (Control) and M-x (Alt) with any letter. Plain characters go into "text".',
  )
}

/** Typed characters: a terminal sends a carriage return where a line ends. */
export function typedText(text: string): string {
  return text.replace(/\r?\n/g, '\r')
}
