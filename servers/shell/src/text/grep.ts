import { runInNewContext } from 'node:vm'
import { Failure } from '@auroracoder/kit'
import type { Spool } from '../spool/spool.js'
import { plainText } from './plain.js'

const grepMsMax = 1_000
const blockBytes = 256 * 1024
const lineCharsMax = 2_000
const newline = 0x0a

/** Matching lines with their numbers. Lines that were not kept have none, and are said. */
export function grepOutput(
  spool: Pick<Spool, 'size' | 'kept' | 'read' | 'nextKept'>,
  pattern: string,
  charsMax: number,
): string {
  const search = (): string => collect(spool, compile(pattern), charsMax)
  try {
    // The time limit also ends a pattern that backtracks without end.
    return String(runInNewContext('search()', { search }, { timeout: grepMsMax }))
  } catch (error) {
    if (isTimeout(error)) {
      throw new Failure(`"grep" took longer than ${grepMsMax} ms: use a simpler pattern.`, { cause: error })
    }
    throw error
  }
}

/** The error comes from the other context, where `Error` is another class. */
function isTimeout(error: unknown): boolean {
  return typeof error === 'object' && error !== null && 'code' in error && error.code === 'ERR_SCRIPT_EXECUTION_TIMEOUT'
}

function compile(pattern: string): RegExp {
  try {
    return new RegExp(pattern)
  } catch (cause) {
    throw new Failure(`"grep" is no regular expression: ${cause instanceof Error ? cause.message : cause}.`, { cause })
  }
}

function collect(spool: Pick<Spool, 'size' | 'kept' | 'read' | 'nextKept'>, pattern: RegExp, charsMax: number): string {
  const found: string[] = []
  let chars = 0
  for (const { number, text } of linesOf(spool)) {
    if (!pattern.test(text)) continue
    const line = `${number}: ${text.slice(0, lineCharsMax)}`
    chars += line.length + 1
    if (chars > charsMax) return [...found, '[… more lines match: narrow the pattern …]'].join('\n')
    found.push(line)
  }
  if (found.length > 0) return found.join('\n')
  const lost = spool.size() - spool.kept()
  return lost > 0 ? `[no line matches of those that were kept: ${lost} bytes were not]` : '[no line matches]'
}

interface Line {
  /** From the start of the output, or "after the gap" when lines before it were not kept. */
  number: string
  text: string
}

function* linesOf(spool: Pick<Spool, 'size' | 'read' | 'nextKept'>): Generator<Line> {
  const size = spool.size()
  let number = 0
  let prefix = ''
  let rest = Buffer.alloc(0)
  for (let at = 0; at < size; ) {
    const block = spool.read(at, Math.min(size, at + blockBytes))
    at += block.length
    const bytes = Buffer.concat([rest, block])
    let start = 0
    for (let end = bytes.indexOf(newline); end >= 0; end = bytes.indexOf(newline, start)) {
      yield { number: `${prefix}${++number}`, text: plainText(bytes.toString('utf8', start, end)) }
      start = end + 1
    }
    rest = bytes.subarray(start)
    if (block.length > 0) continue
    // Nothing is kept here: go on after the gap, with a count of its own.
    const next = spool.nextKept(at)
    if (next <= at) break
    at = next
    prefix = 'after-gap '
    number = 0
    rest = Buffer.alloc(0)
  }
  if (rest.length > 0) yield { number: `${prefix}${++number}`, text: plainText(rest.toString('utf8')) }
}
