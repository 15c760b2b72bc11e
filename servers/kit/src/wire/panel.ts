import { z } from 'zod'

/** Capability, `_meta` key and method prefix of the panel extension. */
export const panelExtension = 'auroracoder/panel'
export const panelVersion = 1
export const panelReadMethod = 'auroracoder/panel/read'
/** Bound on the opaque state a client carries, in characters of its JSON. */
export const panelStateCharsMax = 32_768

const lineNumber = z.int().min(1)

/** Lines `start…` of a file as they are shown; `columns` when long lines are cut to a column range (1-based, inclusive). */
export const viewRangeSchema = z.object({
  start: lineNumber,
  lines: z.array(z.string()),
  columns: z.tuple([z.int().min(1), z.int().min(1)]).optional(),
})

/** A file as it stands on disk, whole or in ranges. Lines carry no line ends. */
export const viewSchema = z.object({
  path: z.string(),
  /** First 8 hex digits of the SHA-256 of the file's bytes. */
  revision: z.string().regex(/^[0-9a-f]{8}$/),
  /** Lines in the whole file; an empty file has 0. */
  lineCount: z.int().min(0),
  encoding: z.string(),
  eol: z.enum(['lf', 'crlf', 'cr', 'mixed', 'none']),
  finalNewline: z.boolean(),
  ranges: z.array(viewRangeSchema),
})

/** Lines `oldStart…` (`oldCount` of them) of the old revision became `lines`, which now begin at `newStart`. */
export const hunkSchema = z.object({
  oldStart: lineNumber,
  oldCount: z.int().min(0),
  newStart: lineNumber,
  lines: z.array(z.string()),
})

/** What happened to one file since it was last shown. */
export const editSchema = z.object({
  oldRevision: z.string(),
  newRevision: z.string(),
  lineCount: z.int().min(0),
  finalNewline: z.boolean(),
  hunks: z.array(hunkSchema),
})

/** `drifted`: changed by someone else. `replaced`: for panels that are not files; `text` is the new content. */
export const panelChangeSchema = z.object({
  kind: z.enum(['opened', 'edited', 'drifted', 'closed', 'deleted', 'moved', 'replaced']),
  key: z.string(),
  /** The new key of a `moved` entry. */
  to: z.string().optional(),
  view: viewSchema.optional(),
  edit: editSchema.optional(),
  text: z.string().optional(),
  /** The view is what the call itself wrote: the model has it in its arguments, so the text need not show it again. */
  written: z.boolean().optional(),
})

/** `_meta["auroracoder/panel"]` of a call: the state that the server returned last. */
export const panelRequestSchema = z.object({ state: z.unknown().optional() })

/** The extension as clients and servers declare it; `panels` are the ids of those that a server owns. */
export const panelCapabilitySchema = z.object({
  version: z.literal(panelVersion),
  panels: z.array(z.string()).optional(),
})

/**
 * `revision` counts up by one with every report of changes and goes on from where an adopted state stood: clients tell
 * by a gap that the answer of another call was lost, and ask for what they have missed.
 */
export const panelResultSchema = z.object({
  id: z.string(),
  revision: z.int().min(0),
  state: z.unknown(),
  changes: z.array(panelChangeSchema),
})

export const panelReadParamsSchema = z.object({
  id: z.string(),
  conversation: z.string(),
  state: z.unknown().optional(),
  since: z.int().min(0),
})

export const panelReadResultSchema = panelResultSchema.omit({ id: true })

export type ViewRange = z.infer<typeof viewRangeSchema>
export type View = z.infer<typeof viewSchema>
export type Hunk = z.infer<typeof hunkSchema>
export type Edit = z.infer<typeof editSchema>
export type PanelChange = z.infer<typeof panelChangeSchema>
export type PanelReadResult = z.infer<typeof panelReadResultSchema>
export type PanelResult = z.infer<typeof panelResultSchema>
