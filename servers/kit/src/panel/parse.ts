import type { Edit, Hunk, PanelChange, View } from '../wire/panel.js'

/** Reads back what `renderChange` and `renderShown` wrote with this nonce; all other text is passed over. */
export function parseBlocks(text: string, nonce: string): PanelChange[] {
  const lines = createCursor(text.split('\n'), ` | ${nonce}`)
  const changes: PanelChange[] = []
  let isDrift = false
  while (!lines.isAtEnd()) {
    const head = lines.head()
    if (head === undefined) {
      lines.skip()
      continue
    }
    const change = readHeadline(head) ?? readView(head, lines) ?? readEdit(head, lines) ?? readReplaced(head, lines)
    if (head.endsWith(driftEnding)) isDrift = true
    else if (change) {
      changes.push(isDrift && change.kind !== 'replaced' ? { ...change, kind: 'drifted' } : change)
      isDrift = false
    }
  }
  return changes
}

const driftEnding = ' was changed by someone else'

/** The lines of a text, read once from the top. */
interface Cursor {
  isAtEnd(): boolean
  peek(): string | undefined
  skip(): void
  /** The next line without the nonce; undefined and not taken when it does not end with it. */
  head(): string | undefined
}

function createCursor(lines: readonly string[], ending: string): Cursor {
  let next = 0
  return {
    isAtEnd: () => next >= lines.length,
    peek: () => lines[next],
    skip() {
      next += 1
    },
    head() {
      const line = lines[next]
      if (!line?.endsWith(ending)) return undefined
      next += 1
      return line.slice(0, -ending.length)
    },
  }
}

function readHeadline(head: string): PanelChange | undefined {
  const [, ended, how] = /^\*\*\* (.*) (is closed|no longer exists)$/.exec(head) ?? []
  if (ended !== undefined) return { kind: how === 'is closed' ? 'closed' : 'deleted', key: pathOf(ended) }
  const [, from, to] = /^\*\*\* ("(?:[^"\\]|\\.)*") is now ("(?:[^"\\]|\\.)*")$/.exec(head) ?? []
  if (from !== undefined && to !== undefined) return { kind: 'moved', key: pathOf(from), to: pathOf(to) }
  return undefined
}

const viewHead =
  /^--- (.*) \| (\d+) lines? \| rev ([0-9a-f]{8}) \| (\S+) (lf|crlf|cr|mixed|none)( \| no final newline)?( \| as written by this call)?$/

function readView(head: string, lines: Cursor): PanelChange | undefined {
  const [, path, count, revision, encoding, eol, noNewline, written] = viewHead.exec(head) ?? []
  if (path === undefined || revision === undefined || encoding === undefined) return undefined
  const lineCount = Number(count)
  const view: View = {
    path: pathOf(path),
    revision,
    lineCount,
    encoding,
    eol: eolOf(eol),
    finalNewline: noNewline === undefined && lineCount > 0,
    ranges: written === undefined ? readViewBody(lineCount, lines) : [],
  }
  return { kind: 'opened', key: view.path, view, ...(written === undefined ? {} : { written: true }) }
}

const gapHead = /^\.\.\. lines? (\d+)(?:-(\d+))? (?:is|are) not shown; /

function readViewBody(lineCount: number, lines: Cursor): View['ranges'] {
  const ranges: View['ranges'] = []
  let next = 1
  for (;;) {
    const open = ranges.at(-1)
    const more = open?.columns && open.start === next - 1 ? readNumbered(lines, open.start) : undefined
    if (open && more?.columns) {
      ranges.push({ start: open.start, lines: [more.text], columns: more.columns })
      continue
    }
    if (next > lineCount) {
      if (open?.columns && open.start === next - 1) lines.head()
      return ranges
    }
    const line = readNumbered(lines, next)
    if (line) {
      const last = ranges.at(-1)
      if (line.columns) ranges.push({ start: next, lines: [line.text], columns: line.columns })
      else if (last && !last.columns && last.start + last.lines.length === next) last.lines.push(line.text)
      else ranges.push({ start: next, lines: [line.text] })
      next += 1
      continue
    }
    const [, first, last] = gapHead.exec(lines.head() ?? '') ?? []
    if (first === undefined) return ranges
    next = Number(last ?? first) + 1
  }
}

interface Numbered {
  text: string
  columns: [number, number] | undefined
}

/** The next line, when it shows line `number`. */
function readNumbered(lines: Cursor, number: number): Numbered | undefined {
  const line = lines.peek()
  const tab = line?.indexOf('\t') ?? -1
  if (line === undefined || tab < 0) return undefined
  const [, at, first, last] = /^ *(\d+)(?::(\d+)-(\d+))?$/.exec(line.slice(0, tab)) ?? []
  if (Number(at) !== number) return undefined
  const columns: [number, number] | undefined = first === undefined ? undefined : [Number(first), Number(last)]
  lines.skip()
  return { text: line.slice(tab + 1), columns }
}

const editHead =
  /^~~~ (.*) \| rev ([0-9a-f]{8}) → ([0-9a-f]{8}) \| (\d+) lines?( \| no final newline)? \| (\d+) changes?$/

function readEdit(head: string, lines: Cursor): PanelChange | undefined {
  const [, path, oldRevision, newRevision, count, noNewline, changes] = editHead.exec(head) ?? []
  if (path === undefined || oldRevision === undefined || newRevision === undefined) return undefined
  const lineCount = Number(count)
  const edit: Edit = {
    oldRevision,
    newRevision,
    lineCount,
    finalNewline: noNewline === undefined && lineCount > 0,
    hunks: readHunks(Number(changes), lines),
  }
  return { kind: 'edited', key: pathOf(path), edit }
}

const hunkHead = /^@ (inserted|deleted|replaced) lines? (\d+)(?:-(\d+))?(?: by lines? (\d+)(?:-(\d+))?)?:?$/

function readHunks(count: number, lines: Cursor): Hunk[] {
  const hunks: Hunk[] = []
  let delta = 0
  while (hunks.length < count) {
    const [, how, first, last, newFirst, newLast] = hunkHead.exec(lines.peek() ?? '') ?? []
    if (how === undefined) return hunks
    lines.skip()
    const named = { start: Number(first), count: Number(last ?? first) - Number(first) + 1 }
    const by =
      newFirst === undefined
        ? named
        : { start: Number(newFirst), count: Number(newLast ?? newFirst) - Number(newFirst) + 1 }
    const isInserted = how === 'inserted'
    const oldCount = isInserted ? 0 : named.count
    const newCount = how === 'deleted' ? 0 : by.count
    const oldStart = isInserted ? named.start - delta : named.start
    const newStart = oldStart + delta
    const texts: string[] = []
    for (let line = newStart; line < newStart + newCount; line += 1) {
      const shown = readNumbered(lines, line)
      if (!shown) break
      texts.push(shown.text)
    }
    hunks.push({ oldStart, oldCount, newStart, lines: texts })
    delta += newCount - oldCount
    if (/^@ lines? \d+(-\d+)? (is|are) now lines? \d+(-\d+)?$/.test(lines.peek() ?? '')) lines.skip()
  }
  return hunks
}

function readReplaced(head: string, lines: Cursor): PanelChange | undefined {
  if (!head.startsWith('=== ')) return undefined
  const text: string[] = []
  while (!lines.isAtEnd() && lines.head() !== '=== end') {
    text.push(lines.peek() ?? '')
    lines.skip()
  }
  return { kind: 'replaced', key: pathOf(head.slice(4)), text: text.join('\n') }
}

function pathOf(shown: string): string {
  if (!shown.startsWith('"')) return shown
  try {
    const path: unknown = JSON.parse(shown)
    return typeof path === 'string' ? path : shown
  } catch {
    return shown
  }
}

function eolOf(text: string | undefined): View['eol'] {
  return text === 'crlf' || text === 'cr' || text === 'mixed' || text === 'none' ? text : 'lf'
}
