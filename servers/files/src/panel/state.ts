import { panelStateCharsMax } from '@auroracoder/kit/wire'
import { z } from 'zod'
import { type FileHistory, newestOf } from '../history/file-history.js'
import { addLines, type LineSet } from '../history/line-set.js'
import type { Conversation, Gone, OpenFile } from './conversations.js'
import type { ColumnSpan, Visible } from './visible.js'

/** What a client carries for a server that has forgotten the conversation: keys, ranges and hashes, no texts. */
export interface PanelState {
  readonly revision: number
  readonly open: readonly OpenFile[]
  readonly gone: readonly (readonly [key: string, gone: Gone])[]
}

/** Short names: all of it has to fit into `panelStateCharsMax`. */
const stateSchema = z.object({
  v: z.literal(1),
  r: z.int().min(0),
  f: z.array(
    z.object({
      k: z.string().min(1),
      h: z.string().regex(/^[0-9a-f]{64}$/),
      r: z.int().min(0),
      /** "1-50,60-60"; "1-" reaches to the end of the file, however long that is by now. */
      l: z.string().regex(/^(\d{1,9}-\d{0,9}(,\d{1,9}-\d{0,9})*)?$/),
      /** "12:1-2000,12:2001-4000" */
      c: z
        .string()
        .regex(/^\d{1,9}:\d{1,9}-\d{1,9}(,\d{1,9}:\d{1,9}-\d{1,9})*$/)
        .optional(),
    }),
  ),
  g: z.array(z.object({ k: z.string().min(1), r: z.int().min(0).optional(), d: z.literal(1).optional() })).optional(),
})

type WireState = z.infer<typeof stateSchema>

export function encodeState({ revision, files, gone }: Conversation): WireState {
  return {
    v: 1,
    r: revision,
    f: [...files.values()].flatMap((memory) => (memory.open ? [encodeFile(memory.open, memory.history)] : [])),
    ...(gone.size > 0 ? { g: [...gone].map(encodeGone) } : {}),
  }
}

function encodeFile(
  { key, hash, toldAt, visible }: OpenFile,
  history: FileHistory | undefined,
): WireState['f'][number] {
  const columns = visible.columns.map(({ line, first, last }) => `${line}:${first}-${last}`).join()
  return {
    k: key,
    h: hash,
    r: toldAt,
    l: encodeLines(visible, history),
    ...(columns === '' ? {} : { c: columns }),
  }
}

function encodeLines({ lines, columns }: Visible, history: FileHistory | undefined): string {
  const lineCount = newestOf(history)?.texts.length
  // An empty file is shown to its end without a line.
  if (lineCount === 0) return '1-'
  const isEnd = (last: number): boolean => last === lineCount || last === Number.POSITIVE_INFINITY
  const ranges = lines.map(({ first, last }) => `${first}-${isEnd(last) ? '' : last}`)
  // So is one whose last line is too long to be shown whole: what comes to stand behind that line belongs to it.
  const isCutAtEnd = lineCount !== undefined && columns.some(({ line }) => line === lineCount)
  return (isCutAtEnd ? [...ranges, `${lineCount + 1}-`] : ranges).join()
}

/** Throws for what is not a state of ours. */
export function parseState(raw: unknown): PanelState {
  const chars = JSON.stringify(raw)?.length ?? 0
  if (chars > panelStateCharsMax) throw new Error(`The state has ${chars} characters, more than ${panelStateCharsMax}.`)
  const { r, f, g } = stateSchema.parse(raw)
  return {
    revision: r,
    open: f.map(({ k, h, r: toldAt, l, c }) => ({
      key: k,
      hash: h,
      toldAt,
      visible: { lines: parseLines(l), columns: parseColumns(c) },
    })),
    gone: (g ?? []).map(({ k, r: toldAt, d }) => [k, { kind: d ? 'deleted' : 'closed', toldAt }] as const),
  }
}

function encodeGone([key, { kind, toldAt }]: readonly [string, Gone]): NonNullable<WireState['g']>[number] {
  return { k: key, ...(toldAt === undefined ? {} : { r: toldAt }), ...(kind === 'deleted' ? { d: 1 } : {}) }
}

function parseLines(text: string): LineSet {
  if (text === '') return []
  const ranges = text.split(',').map((range) => {
    const [first, last] = range.split('-')
    return { first: Math.max(Number(first), 1), last: last ? Number(last) : Number.POSITIVE_INFINITY }
  })
  return addLines([], ranges)
}

function parseColumns(text: string | undefined): ColumnSpan[] {
  const spans = (text ?? '').split(',').map((span) => {
    const [line = 0, first = 0, last = 0] = span.split(/[:-]/).map(Number)
    return { line, first, last }
  })
  return spans.filter(({ line, first, last }) => line >= 1 && first >= 1 && last >= first)
}
