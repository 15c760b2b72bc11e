import { createHash } from 'node:crypto'
import type { ShownFile } from '@auroracoder/kit/panel'
import type { Edit, PanelChange, PanelResult, View } from '@auroracoder/kit/wire'

/** A disk that anyone may write, with a panel of open files over it as a server keeps it. */
export interface Desk {
  readonly disk: Map<string, string>
  /** Shows `count` lines from `start` on. */
  read(path: string, range?: { start: number; count: number }): PanelResult | undefined
  /** Replaces a file through the panel; `written` when the model has the text in its own arguments. */
  write(path: string, text: string, how: 'written' | 'edited'): PanelResult | undefined
  move(from: string, to: string): PanelResult | undefined
  close(path: string): PanelResult | undefined
  /** What a client that knows everything up to `since` has missed. */
  panelRead(since: number): Omit<PanelResult, 'id'>
  /** What is wrong with what a reader sees, one sentence each. */
  problems(shown: ReadonlyMap<string, ShownFile>): string[]
  /** Another process that knows no more than the state it is given. */
  restart(state: unknown): void
}

interface OpenFile {
  /** As it was shown last. */
  text: string
  lines: Set<number>
}

export function createDesk(): Desk {
  const disk = new Map<string, string>()
  let open = new Map<string, OpenFile>()
  let revision = 0
  let reports: { revision: number; changes: PanelChange[] }[] = []

  const state = () => ({
    revision,
    open: [...open].map(([path, { text, lines }]) => ({ path, text, lines: [...lines] })),
  })
  const report = (changes: PanelChange[]): PanelResult | undefined => {
    if (changes.length === 0) return undefined
    revision += 1
    reports.push({ revision, changes })
    return { id: 'files', revision, changes, state: state() }
  }

  /** Brings one open file up to date. */
  const drift = (path: string): PanelChange[] => {
    const known = open.get(path)
    const text = disk.get(path)
    if (!known || known.text === text) return []
    if (text === undefined) {
      open.delete(path)
      return [{ kind: 'deleted', key: path }]
    }
    return [{ kind: 'drifted', key: path, edit: carry(known, text) }]
  }
  const carry = (known: OpenFile, text: string): Edit => {
    const edit = editBetween(known.text, text)
    const [hunk] = edit.hunks
    if (hunk) {
      const grown = hunk.lines.length - hunk.oldCount
      const kept = [...known.lines].filter((line) => line < hunk.oldStart || line >= hunk.oldStart + hunk.oldCount)
      const moved = kept.map((line) => (line < hunk.oldStart ? line : line + grown))
      known.lines = new Set([...moved, ...hunk.lines.map((_, index) => hunk.newStart + index)])
    }
    known.text = text
    return edit
  }
  const show = (path: string, numbers: readonly number[]): View => {
    const text = disk.get(path) ?? ''
    const known = open.get(path) ?? { text, lines: new Set() }
    for (const number of numbers) known.lines.add(number)
    open.set(path, known)
    return viewOf(path, text, numbers)
  }

  return {
    disk,
    read(path, { start, count } = { start: 1, count: Number.POSITIVE_INFINITY }) {
      const changes = drift(path)
      const text = disk.get(path)
      if (text === undefined) return report(changes)
      const numbers = numbersOf(text).filter((number) => number >= start && number < start + count)
      return report([...changes, { kind: 'opened', key: path, view: show(path, numbers) }])
    },
    write(path, text, how) {
      const changes = drift(path)
      const known = open.get(path)
      disk.set(path, text)
      if (how === 'edited' && known)
        return report([...changes, { kind: 'edited', key: path, edit: carry(known, text) }])
      open.delete(path)
      return report([
        ...changes,
        { kind: 'opened', key: path, view: show(path, numbersOf(text)), written: how === 'written' },
      ])
    },
    move(from, to) {
      const changes = [...drift(from), ...drift(to)]
      const text = disk.get(from)
      if (text === undefined || from === to) return report(changes)
      disk.delete(from)
      disk.set(to, text)
      const known = open.get(from)
      if (open.delete(to) && !known) return report([...changes, { kind: 'deleted', key: to }])
      if (!known) return report(changes)
      open.delete(from)
      open.set(to, known)
      return report([...changes, { kind: 'moved', key: from, to }])
    },
    close(path) {
      return report(open.delete(path) ? [{ kind: 'closed', key: path }] : [])
    },
    panelRead(since) {
      const drifted = [...open.keys()].flatMap(drift)
      const missed = reports.filter((each) => each.revision > since).flatMap(({ changes }) => changes)
      const keys = new Set(missed.flatMap(({ key, to }) => (to === undefined ? [key] : [key, to])))
      const again = [...keys].map((key): PanelChange => {
        const known = open.get(key)
        return known
          ? { kind: 'opened', key, view: viewOf(key, known.text, [...known.lines]) }
          : { kind: 'closed', key }
      })
      const changes = [...again, ...drifted.filter(({ key }) => !keys.has(key))]
      const { revision: now = revision } = report(changes) ?? {}
      return { revision: now, state: state(), changes }
    },
    problems: (shown) => [
      ...[...open.keys()].filter((path) => !shown.has(path)).map((path) => `${path} is open and not shown.`),
      ...[...shown.keys()].filter((path) => !open.has(path)).map((path) => `${path} is shown and not open.`),
      ...[...shown].flatMap(([path, file]) => fileProblems(path, file, disk.get(path))),
      ...[...open].flatMap(([path, { lines }]) => {
        const seen = new Set(shown.get(path)?.lines.keys())
        return [...lines].filter((line) => !seen.has(line)).map((line) => `Line ${line} of ${path} is not shown.`)
      }),
    ],
    restart(from) {
      reports = []
      const known = knownState(from)
      revision = known?.revision ?? 0
      open = new Map(known?.open.map(({ path, text, lines }) => [path, { text, lines: new Set(lines) }]))
    },
  }

  /** States are opaque to clients; ours come back as they were. */
  function knownState(from: unknown): ReturnType<typeof state> | undefined {
    const text: ReturnType<typeof state> | null = JSON.parse(JSON.stringify(from ?? null))
    return text ?? undefined
  }
}

function fileProblems(path: string, file: ShownFile, text: string | undefined): string[] {
  if (text === undefined) return [`${path} is shown and does not exist.`]
  const lines = linesOf(text)
  return [
    ...(file.revision === revisionOf(text) ? [] : [`${path} is shown in an old revision.`]),
    ...(file.lineCount === lines.length ? [] : [`${path} is shown with ${file.lineCount} lines, has ${lines.length}.`]),
    ...(file.finalNewline === text.endsWith('\n') ? [] : [`The end of ${path} is shown wrong.`]),
    ...[...file.lines].flatMap(([number, shown]) =>
      shown === lines[number - 1] ? [] : [`Line ${number} of ${path} is shown as ${JSON.stringify(shown)}.`],
    ),
  ]
}

function viewOf(path: string, text: string, numbers: readonly number[]): View {
  const lines = linesOf(text)
  const ranges: View['ranges'] = []
  for (const number of [...numbers].sort((a, b) => a - b)) {
    const last = ranges.at(-1)
    const line = lines[number - 1] ?? ''
    if (last && last.start + last.lines.length === number) last.lines.push(line)
    else ranges.push({ start: number, lines: [line] })
  }
  const facts = { revision: revisionOf(text), lineCount: lines.length, encoding: 'utf-8', eol: 'lf' as const }
  return { path, ...facts, finalNewline: text.endsWith('\n'), ranges }
}

/** One hunk from the first line that differs to the last. */
function editBetween(before: string, after: string): Edit {
  const old = linesOf(before)
  const now = linesOf(after)
  let head = 0
  while (head < Math.min(old.length, now.length) && old[head] === now[head]) head += 1
  let tail = 0
  while (tail < Math.min(old.length, now.length) - head && old.at(-1 - tail) === now.at(-1 - tail)) tail += 1
  const oldCount = old.length - tail - head
  const lines = now.slice(head, now.length - tail)
  const hunks = oldCount + lines.length > 0 ? [{ oldStart: head + 1, oldCount, newStart: head + 1, lines }] : []
  const facts = { lineCount: now.length, finalNewline: after.endsWith('\n') }
  return { oldRevision: revisionOf(before), newRevision: revisionOf(after), ...facts, hunks }
}

function linesOf(text: string): string[] {
  const lines = text.split('\n')
  if (lines.at(-1) === '') lines.pop()
  return lines
}

function numbersOf(text: string): number[] {
  return linesOf(text).map((_, index) => index + 1)
}

function revisionOf(text: string): string {
  return createHash('sha256').update(text).digest('hex').slice(0, 8)
}
