import type { Arguments, Note } from '@auroracoder/kit'
import { Failure } from '@auroracoder/kit'
import { z } from 'zod'
import { type EditRequest, formatLineSpan, parseLineSpan } from '../edit/request.js'
import { asBoolean, asList, parsedJson, pathHabits, renamed } from './habits.js'

/** One edit as it is published. */
export const editFields = {
  lines: z.string().optional().describe('"42" or "13-15", as displayed.'),
  first_line: z.string().optional().describe('Content of the first of "lines".'),
  last_line: z.string().optional().describe('Content of the last of "lines", when they are several.'),
  old_text: z.string().optional().describe('Instead of the anchors: the text to replace; "lines" is then a hint.'),
  new_text: z.string().describe('What stands there instead; "" deletes.'),
  insert: z.enum(['before', 'after']).optional().describe('Put new_text beside the anchor, remove nothing.'),
  replace_all: z.boolean().optional().describe('Replace every occurrence of old_text.'),
}

const editSchema = z.object(editFields)
type WireEdit = z.infer<typeof editSchema>

export function requestOf(edit: WireEdit): EditRequest {
  const lines = edit.lines === undefined ? undefined : parseLineSpan(edit.lines)
  if (edit.lines !== undefined && !lines) {
    throw new Failure(`"lines" must look like "42" or "13-15", found ${JSON.stringify(edit.lines.slice(0, 40))}.`)
  }
  return {
    lines,
    firstLine: edit.first_line,
    lastLine: edit.last_line,
    oldText: edit.old_text,
    newText: edit.new_text,
    insert: edit.insert,
    replaceAll: edit.replace_all,
  }
}

export function wireEdit(edit: EditRequest): WireEdit {
  return {
    ...(edit.lines ? { lines: formatLineSpan(edit.lines) } : {}),
    ...(edit.firstLine === undefined ? {} : { first_line: edit.firstLine }),
    ...(edit.lastLine === undefined ? {} : { last_line: edit.lastLine }),
    ...(edit.oldText === undefined ? {} : { old_text: edit.oldText }),
    new_text: edit.newText,
    ...(edit.insert ? { insert: edit.insert } : {}),
    ...(edit.replaceAll ? { replace_all: true } : {}),
  }
}

const editHabits = {
  lines: ['line_numbers', 'remove_line_number', 'remove_line_numbers', 'line', 'line_number', 'line_range'],
  first_line: ['first', 'start_line_content', 'firstLine'],
  last_line: ['last', 'end_line_content', 'lastLine'],
  old_text: ['old_string', 'old_str', 'oldText', 'oldString', 'search', 'find'],
  new_text: ['new_string', 'new_str', 'newText', 'newString', 'replace', 'replace_content', 'replacement', 'content'],
  replace_all: ['replaceAll', 'all_occurrences'],
} as const

const editNames: readonly string[] = [
  ...Object.keys(editFields),
  ...Object.values(editHabits).flat(),
  'content_to_remove',
]

/** Edits as models send them from habit, as edits of ours. */
export function acceptEdits(raw: Arguments, note: Note): Arguments {
  const args = renamed(raw, {
    ...pathHabits,
    edits: ['changes', 'replacements'],
    dry_run: ['dryRun'],
    revision: ['rev'],
  })
  const flat = args.edits === undefined ? splitOff(args) : { args, edits: undefined }
  const list = asEditList(flat.edits ?? args.edits)
  const edits = Array.isArray(list) ? list.map((edit: unknown, index) => acceptEdit(edit, { index, note })) : list
  return { ...flat.args, edits, ...('dry_run' in args ? { dry_run: asBoolean(args.dry_run) } : {}) }
}

/** An edit whose fields stand beside the path. */
function splitOff(args: Arguments): { args: Arguments; edits: unknown } {
  const own: Arguments = {}
  const rest: Arguments = {}
  for (const [name, value] of Object.entries(args)) {
    if (editNames.includes(name)) own[name] = value
    else rest[name] = value
  }
  return Object.keys(own).length > 0 ? { args: rest, edits: [own] } : { args, edits: undefined }
}

function asEditList(value: unknown): unknown {
  const parsed = typeof value === 'string' ? (parsedJson(value) ?? value) : value
  return asList(parsed)
}

function acceptEdit(raw: unknown, { index, note }: { index: number; note: Note }): unknown {
  const edit = typeof raw === 'string' ? parsedJson(raw) : raw
  if (typeof edit !== 'object' || edit === null || Array.isArray(edit)) return raw
  const { content_to_remove, ...rest } = renamed({ ...edit }, editHabits)
  const args = withoutNulls({ ...rest, ...anchorsOf(content_to_remove) })
  if (typeof args.lines === 'number') args.lines = String(args.lines)
  if (Array.isArray(args.lines)) args.lines = args.lines.join('-')
  if ('replace_all' in args) args.replace_all = asBoolean(args.replace_all)
  const unknown = Object.keys(args).filter((name) => !Object.hasOwn(editFields, name))
  if (unknown.length > 0) {
    note(
      `Ignored unknown ${unknown.length === 1 ? 'field' : 'fields'} ${unknown.map((name) => `"${name.slice(0, 40)}"`).join(', ')} of edit ${index + 1}.`,
    )
  }
  return args
}

function withoutNulls(args: Arguments): Arguments {
  return Object.fromEntries(Object.entries(args).filter(([, value]) => value !== null && value !== undefined))
}

/** "first\n[TO]\nlast", one line, or a whole text. */
function anchorsOf(content: unknown): Arguments {
  if (typeof content !== 'string') return {}
  const [first, last, more] = content.split(/\r?\n[ \t]*\[TO\][ \t]*\r?\n/)
  if (first !== undefined && last !== undefined && more === undefined) return { first_line: first, last_line: last }
  return content.includes('\n') ? { old_text: content } : { first_line: content }
}
