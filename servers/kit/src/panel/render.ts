import type { Edit, Hunk, PanelChange, View } from '../wire/panel.js'
import { type Shown, viewOfShown } from './shown.js'

/**
 * One change of a panel as the text a model reads. Every line that delimits a block ends with the nonce or stands
 * where only we write, so that content can neither end a block nor forge one.
 */
export function renderChange(change: PanelChange, nonce: string): string {
  const { key, view, edit, text } = change
  const lines = [
    ...headline(change, nonce),
    ...(view ? renderView(view, { nonce, isWritten: change.written === true }) : []),
    ...(edit ? renderEdit(key, edit, nonce) : []),
    ...(text === undefined ? [] : [`=== ${shownPath(key)} | ${nonce}`, text, `=== end | ${nonce}`]),
  ]
  return lines.join('\n')
}

/** All that is shown of all open files, as fresh views. Empty when no file is open. */
export function renderShown(shown: Shown, nonce: string): string {
  return [...shown.values()]
    .map((file) => renderView(viewOfShown(file), { nonce, isWritten: false }).join('\n'))
    .join('\n')
}

/** What a change comes to in one line, where the change itself travels as data. */
export function acknowledgement({ kind, key, to }: PanelChange): string {
  if (kind === 'moved') return `moved ${key} to ${to ?? key}`
  return kind === 'drifted' ? `${key} was changed by someone else` : `${kind} ${key}`
}

/** A file name may hold anything, also line ends. */
export function shownPath(path: string): string {
  return /[\u0000-\u001f\u007f\u2028\u2029]|^"/.test(path) ? JSON.stringify(path) : path
}

function headline({ kind, key, to }: PanelChange, nonce: string): string[] {
  switch (kind) {
    case 'opened':
    case 'edited':
    case 'replaced':
      return []
    case 'drifted':
      return [`*** ${shownPath(key)} was changed by someone else | ${nonce}`]
    case 'closed':
      return [`*** ${shownPath(key)} is closed | ${nonce}`]
    case 'deleted':
      return [`*** ${shownPath(key)} no longer exists | ${nonce}`]
    case 'moved':
      return [`*** ${JSON.stringify(key)} is now ${JSON.stringify(to ?? key)} | ${nonce}`]
  }
}

function renderView(view: View, { nonce, isWritten }: { nonce: string; isWritten: boolean }): string[] {
  const head = [
    `--- ${shownPath(view.path)}`,
    countOf(view.lineCount, 'line'),
    `rev ${view.revision}`,
    `${view.encoding} ${view.eol}`,
    ...(view.finalNewline || view.lineCount === 0 ? [] : ['no final newline']),
    ...(isWritten ? ['as written by this call'] : []),
    nonce,
  ].join(' | ')
  return isWritten ? [head] : [head, ...viewBody(view, nonce)]
}

/** Every line of the file is either shown or named as not shown: so a reader knows where the block ends. */
function viewBody({ lineCount, ranges }: View, nonce: string): string[] {
  const width = String(lineCount).length
  const body: string[] = []
  let next = 1
  for (const { start, lines, columns } of ranges) {
    if (start > next) body.push(gap(next, start - 1, nonce))
    for (const [index, text] of lines.entries()) {
      const at = columns ? `${start + index}:${columns[0]}-${columns[1]}` : String(start + index).padStart(width)
      body.push(`${at}\t${text}`)
    }
    next = Math.max(next, start + lines.length)
  }
  if (next <= lineCount) body.push(gap(next, lineCount, nonce))
  // Further columns of the last line could stand here, or something that looks like them.
  else if (ranges.at(-1)?.columns) body.push(`... no more lines | ${nonce}`)
  return body
}

function gap(from: number, to: number, nonce: string): string {
  const what = from === to ? `line ${from} is not shown` : `lines ${from}-${to} are not shown`
  return `... ${what}; read_file with lines "${from}-${to}" shows them | ${nonce}`
}

function renderEdit(path: string, edit: Edit, nonce: string): string[] {
  const { hunks, lineCount } = edit
  const head = [
    `~~~ ${shownPath(path)}`,
    `rev ${edit.oldRevision} → ${edit.newRevision}`,
    countOf(lineCount, 'line'),
    ...(edit.finalNewline || lineCount === 0 ? [] : ['no final newline']),
    countOf(hunks.length, 'change'),
    nonce,
  ].join(' | ')
  const width = String(lineCount).length
  const grown = hunks.reduce((sum, { lines, oldCount }) => sum + lines.length - oldCount, 0)
  const oldLineCount = lineCount - grown
  const body = hunks.flatMap((hunk, index) => {
    const until = (hunks[index + 1]?.oldStart ?? oldLineCount + 1) - 1
    return [
      whatChanged(hunk),
      ...hunk.lines.map((text, offset) => `${String(hunk.newStart + offset).padStart(width)}\t${text}`),
      ...movedLines(hunk, until),
    ]
  })
  return [head, ...body]
}

function whatChanged({ oldStart, oldCount, newStart, lines }: Hunk): string {
  const was = linesNamed(oldStart, oldCount)
  const is = linesNamed(newStart, lines.length)
  if (oldCount === 0) return `@ inserted ${is}:`
  if (lines.length === 0) return `@ deleted ${was}`
  return was === is ? `@ replaced ${was}:` : `@ replaced ${was} by ${is}:`
}

/** The untouched lines up to the next hunk have other numbers now. */
function movedLines({ oldStart, oldCount, newStart, lines }: Hunk, until: number): string[] {
  const first = oldStart + oldCount
  const delta = newStart + lines.length - first
  if (delta === 0 || first > until) return []
  const count = until - first + 1
  return [`@ ${linesNamed(first, count)} ${count === 1 ? 'is' : 'are'} now ${linesNamed(first + delta, count)}`]
}

function linesNamed(first: number, count: number): string {
  return count === 1 ? `line ${first}` : `lines ${first}-${first + count - 1}`
}

function countOf(count: number, noun: string): string {
  return `${count} ${noun}${count === 1 ? '' : 's'}`
}
