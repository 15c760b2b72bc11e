import { stripVTControlCharacters } from 'node:util'

/** Text for a terminal in colour, or plain where there is none. */
export interface Style {
  bold(text: string): string
  dim(text: string): string
  red(text: string): string
  green(text: string): string
  cyan(text: string): string
}

export interface Terminal {
  write(text: string): void
  readonly style: Style
}

/** https://no-color.org, and no colour where the stream is not a terminal. */
export function createTerminal(
  stream: NodeJS.WriteStream,
  env: Readonly<Record<string, string | undefined>>,
): Terminal {
  const isColoured = stream.isTTY === true && !env.NO_COLOR && env.TERM !== 'dumb'
  const sgr = (on: number, off: number) => (text: string) => (isColoured ? `\u001b[${on}m${text}\u001b[${off}m` : text)
  return {
    write: (text) => void stream.write(text),
    style: { bold: sgr(1, 22), dim: sgr(2, 22), red: sgr(31, 39), green: sgr(32, 39), cyan: sgr(36, 39) },
  }
}

/** What a model or a tool says must not move the cursor or set the window's title. */
export function printable(text: string): string {
  return stripVTControlCharacters(text).replace(
    /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u202a-\u202e\u2066-\u2069]/g,
    '',
  )
}
