import { toUSVString } from 'node:util'

export const outputCharsMax = 200_000
export const outputLinesMax = 5_000
export const progressCharsMax = 4_000
/** Of a text that is cut, this much of the allowance goes to its beginning. */
const headShare = 0.7

/**
 * Bounds what a tool says to the model: the beginning and the end stay, and between them `hint` says how to get the rest. The text of our own tools, which holds files
 * verbatim, is otherwise left as it is; that of others loses what could disturb a terminal or a reader. Halves of
 * surrogate pairs, which are no UTF-8, become U+FFFD.
 */
export function fitOutput(text: string, { verbatim, hint }: { verbatim: boolean; hint: string }): string {
  return toUSVString(cutChars(cutLines(verbatim ? text : withoutControls(text), hint), hint))
}

/** Whether something of the text will be left out. */
export function isCut(text: string): boolean {
  return text.length > outputCharsMax || text.split('\n').length > outputLinesMax
}

export function fitProgress(message: string): string {
  return toUSVString(withoutControls(message).slice(0, progressCharsMax))
}

function cutLines(text: string, hint: string): string {
  const lines = text.split('\n')
  if (lines.length <= outputLinesMax) return text
  const head = Math.floor(outputLinesMax * headShare)
  const tail = outputLinesMax - head
  const left = lines.length - outputLinesMax
  return [...lines.slice(0, head), `[${left} lines left out; ${hint}]`, ...lines.slice(-tail)].join('\n')
}

function cutChars(text: string, hint: string): string {
  if (text.length <= outputCharsMax) return text
  const head = Math.floor(outputCharsMax * headShare)
  const left = text.length - outputCharsMax
  const note = `\n[${left} characters left out; ${hint}]\n`
  return text.slice(0, head) + note + text.slice(text.length - (outputCharsMax - head))
}

/** Terminal sequences go, other control characters become visible. */
function withoutControls(text: string): string {
  return text
    .replace(/\u001b(?:\[[0-?]*[ -/]*[@-~]|\][^\u0007\u001b]*(?:\u0007|\u001b\\)|[@-Z\\-_])/g, '')
    .replace(/[\u0000-\u0008\u000b\u000c\u000e-\u001f\u007f-\u009f]/g, '\ufffd')
}
