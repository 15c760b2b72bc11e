import { reconstruct, type Shown, type ShownFile } from '@auroracoder/kit/panel'
import type { ChatMessage } from '../../../orchestrator/src/providers/index.js'

/** What a model can see in its messages, and what of it is not so. */
export interface Sight {
  shown: Shown
  lines: number
  problems: string[]
}

export function look(options: {
  messages: readonly ChatMessage[]
  nonce: string
  read(path: string): string | undefined
}): Sight {
  const shown = reconstruct(options.messages, options.nonce)
  const files = [...shown]
  return {
    shown,
    lines: files.reduce((sum, [, { lines, columns }]) => sum + lines.size + columns.size, 0),
    problems: files.flatMap(([path, file]) =>
      problemsOf(file, options.read(path)).map((problem) => `${path}: ${problem}`),
    ),
  }
}

function problemsOf(file: ShownFile, text: string | undefined): string[] {
  if (text === undefined) return ['is shown and does not exist']
  const lines = linesOf(text)
  const hasFinalNewline = /[\r\n]$/.test(text)
  return [
    ...(file.lineCount === lines.length ? [] : [`has ${lines.length} lines, shown are ${file.lineCount}`]),
    ...(file.finalNewline === hasFinalNewline ? [] : [`its final newline is shown as ${file.finalNewline}`]),
    ...[...file.lines].flatMap(([number, seen]) => differs(number, seen, lines[number - 1])),
    ...[...file.columns].flatMap(([number, parts]) =>
      parts.flatMap(({ first, last, text: seen }) => differs(number, seen, lines[number - 1]?.slice(first - 1, last))),
    ),
  ]
}

function differs(number: number, seen: string, real: string | undefined): string[] {
  return seen === real ? [] : [`line ${number} is ${JSON.stringify(real)}, shown is ${JSON.stringify(seen)}`]
}

function linesOf(text: string): string[] {
  const lines = text.split(/\r\n|\n|\r/)
  if (lines.at(-1) === '') lines.pop()
  return lines
}
