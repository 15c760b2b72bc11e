import type { Edit, Hunk, PanelChange, View, ViewRange } from '../wire/panel.js'

/**
 * One change of a panel as the text a model reads. Delimiter lines carry the nonce, so file content cannot forge them;
 * names are shown on one line, so a file's name cannot either.
 */
export function renderChange(change: PanelChange, nonce: string): string {
  const lines = [...headline(change, nonce)]
  if (change.view) lines.push(...renderView(change.view, nonce))
  if (change.edit) lines.push(...renderEdit(change.key, change.edit, nonce))
  if (change.text !== undefined) lines.push(change.text)
  return lines.join('\n')
}

function headline(change: PanelChange, nonce: string): string[] {
  switch (change.kind) {
    case 'opened':
    case 'edited':
    case 'replaced':
      return []
    case 'drifted':
      return [`*** ${oneLine(change.key)} was changed by someone else | ${nonce}`]
    case 'closed':
      return [`*** ${oneLine(change.key)} is closed | ${nonce}`]
    case 'deleted':
      return [`*** ${oneLine(change.key)} no longer exists | ${nonce}`]
    case 'moved':
      return [`*** ${oneLine(change.key)} is now ${oneLine(change.to ?? 'elsewhere')} | ${nonce}`]
  }
}

function renderView(view: View, nonce: string): string[] {
  const facts = [
    `--- ${oneLine(view.path)}`,
    countOf(view.lineCount, 'line'),
    `rev ${view.revision}`,
    `${view.encoding} ${view.eol}`,
    ...(view.finalNewline || view.lineCount === 0 ? [] : ['no final newline']),
    nonce,
  ]
  const width = String(view.lineCount).length
  const body: string[] = []
  let next = 1
  for (const range of view.ranges) {
    if (range.start > next) body.push(`${gap(next, range.start - 1)} | ${nonce}`)
    body.push(...numbered(range, width))
    next = range.start + range.lines.length
  }
  if (view.ranges.length > 0 && next <= view.lineCount) body.push(`${gap(next, view.lineCount)} | ${nonce}`)
  return [facts.join(' | '), ...body]
}

function gap(from: number, to: number): string {
  const what = from === to ? `line ${from} is not shown` : `lines ${from}-${to} are not shown`
  return `... ${what}; read_file with lines "${from}-${to}" shows them`
}

function numbered(range: ViewRange, width: number): string[] {
  const columns = range.columns ? [`... columns ${range.columns[0]}-${range.columns[1]} of each line:`] : []
  return [...columns, ...numberedLines(range.start, range.lines, width)]
}

function renderEdit(path: string, edit: Edit, nonce: string): string[] {
  const width = String(edit.lineCount).length
  const head = `~~~ ${oneLine(path)} | rev ${edit.oldRevision} → ${edit.newRevision} | ${countOf(edit.lineCount, 'line')} | ${nonce}`
  return [head, ...edit.hunks.flatMap((hunk) => renderHunk(hunk, width))]
}

function renderHunk(hunk: Hunk, width: number): string[] {
  const lines = [`${replaced(hunk)}:`, ...numberedLines(hunk.newStart, hunk.lines, width)]
  if (hunk.lines.length !== hunk.oldCount) lines.push(movedLines(hunk))
  return lines
}

function replaced({ oldStart, oldCount, lines }: Hunk): string {
  if (oldCount === 0) return oldStart === 1 ? '@ inserted at the top' : `@ inserted after line ${oldStart - 1}`
  const which = oldCount === 1 ? `line ${oldStart}` : `lines ${oldStart}-${oldStart + oldCount - 1}`
  return lines.length === 0 ? `@ deleted ${which}` : `@ replaced ${which}`
}

function movedLines(hunk: Hunk): string {
  const oldNext = hunk.oldStart + hunk.oldCount
  const newNext = hunk.newStart + hunk.lines.length
  return `@ line ${oldNext} and below are now line ${newNext} and below`
}

function numberedLines(start: number, lines: readonly string[], width: number): string[] {
  return lines.map((line, index) => `${String(start + index).padStart(width)}\t${line}`)
}

/** Characters that end a line somewhere, or hide what follows, as escapes: file systems allow them in names. */
function oneLine(name: string): string {
  return name.replace(/[\u0000-\u001f\u007f-\u009f\u2028\u2029]/g, (character) => {
    return `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`
  })
}

function countOf(count: number, noun: string): string {
  return `${count} ${noun}${count === 1 ? '' : 's'}`
}
