/**
 * Holds back tool-call markup that a model writes into its text, chunk by chunk. DeepSeek's special tokens may come
 * anywhere outside code; the plain tags, which people also write about, only at the start of a line.
 */
const specialOpeners = [
  '<DSMLtool_calls>',
  '<DSMLfunction_calls>',
  '<DSMLtool_use>',
  '<DSMLcalls>',
  '<DSMLinvokename=',
  '<tool_calls_begin>',
]
const plainOpeners = ['<tool_calls>', '<function_calls>', '<tool_call>']

/** Longer than any opener in any spelling. */
const candidateCharsMax = 64

export interface MarkupFilter {
  /** Takes the next piece of the answer and returns what can be shown now. */
  push(piece: string): string
  /** What was held back: everything from the opener on, or the start of one that never came. */
  end(): string
}

export function createMarkupFilter(): MarkupFilter {
  const position = createPosition()
  const step = { text: begin, candidate: extend, markup: hold }
  let state: keyof typeof step = 'text'
  let openers: readonly string[] = []
  let held = ''

  function push(piece: string): string {
    let visible = ''
    let rest = piece
    while (rest !== '') {
      const taken = rest.slice(0, stretch(rest))
      rest = rest.slice(taken.length)
      visible += step[state](taken)
    }
    return visible
  }

  /** How much can be taken at once: a text put together from single characters takes many times its size in memory. */
  function stretch(rest: string): number {
    if (state === 'markup') return rest.length
    if (state === 'candidate' || rest.startsWith('<')) return 1
    const opener = rest.indexOf('<')
    return opener < 0 ? rest.length : opener
  }

  function begin(text: string): string {
    if (text !== '<' || position.inCode()) return position.pass(text)
    openers = position.atLineStart() ? [...specialOpeners, ...plainOpeners] : specialOpeners
    state = 'candidate'
    held = text
    return ''
  }

  function extend(char: string): string {
    const spelling = canonical(held + char)
    if (held.length < candidateCharsMax && openers.some((opener) => opener.startsWith(spelling))) {
      held += char
      if (openers.includes(spelling)) state = 'markup'
      return ''
    }
    const released = position.pass(held)
    held = ''
    state = 'text'
    return released + begin(char)
  }

  function hold(text: string): string {
    held += text
    return ''
  }

  return { push, end: () => held }
}

/** Bars come full-width, double or in ASCII, spaces come and go, and the underscore may be U+2581. */
function canonical(text: string): string {
  return text.replace(/[｜|‖\s]/g, '').replaceAll('▁', '_')
}

/** Knows whether the next character stands in a code fence, in inline code or at the start of a line. */
function createPosition() {
  let fenced = false
  let indent = ''
  let backticks = 0

  return {
    pass(text: string): string {
      for (const char of text) {
        if (char === '\n') {
          if (isFence(indent)) fenced = !fenced
          indent = ''
          backticks = 0
        } else {
          if (indent.length < 8) indent += char
          if (char === '`') backticks += 1
        }
      }
      return text
    },
    inCode: () => fenced || isFence(indent) || backticks % 2 === 1,
    atLineStart: () => indent.trim() === '',
  }
}

function isFence(lineStart: string): boolean {
  return /^ {0,3}(```|~~~)/.test(lineStart)
}
