import { z } from 'zod'
import { treeDepthMax } from '../sessions/workspace-files/limits.js'

const seq = z
  .string()
  .regex(/^\d{1,15}$/, 'Expected the seq of an event, a whole number')
  .transform(Number)

const path = z.string()
/** The workspace itself when it is left out. */
const folder = path.default('')

export const treeQuerySchema = z.object({
  path: folder.describe('The folder, relative to the workspace; the whole workspace when absent'),
  depth: z.coerce.number().int().min(1).max(treeDepthMax).default(1).describe('Levels to list'),
})

export const pathQuerySchema = z.object({ path: path.min(1).describe('Relative to the workspace') })

export const downloadQuerySchema = z.object({
  path: folder.describe('The folder, relative to the workspace; the whole workspace when absent'),
})

export const diffQuerySchema = z.object({
  since: seq.describe('Seq of an event; the newest snapshot at or before it is compared'),
  to: seq.optional().describe('Seq of a later event; the workspace as it stands when absent'),
  path: path.optional().describe('Only what is at or below this path'),
})

export const uploadQuerySchema = z.object({
  path: folder.describe('The folder that the paths are relative to; the workspace when absent'),
  extract: z.enum(['0', '1']).default('0').describe('1: the one part is a zip archive, to be unpacked'),
})

export const treeSchema = z
  .object({
    path: z.string(),
    entries: z.array(
      z.object({
        path: z.string(),
        type: z.enum(['file', 'folder', 'link', 'other']),
        bytes: z.int(),
        mtime: z.iso.datetime(),
      }),
    ),
    cut: z.array(z.object({ path: z.string(), missing: z.int() })),
  })
  .meta({ id: 'Tree' })

export const diffSchema = z
  .object({
    from: z.int(),
    to: z.int().nullable(),
    files: z.array(
      z.object({
        path: z.string(),
        oldPath: z.string().optional(),
        status: z.enum(['added', 'modified', 'deleted', 'renamed', 'mode', 'type']),
        oldMode: z.string().optional(),
        mode: z.string().optional(),
        binary: z.boolean(),
        text: z.string(),
        cut: z.boolean(),
      }),
    ),
    cut: z.boolean(),
  })
  .meta({ id: 'Diff' })

export const uploadedSchema = z
  .object({ files: z.array(z.object({ path: z.string(), bytes: z.int() })) })
  .meta({ id: 'Uploaded' })

const binary = { type: 'string', format: 'binary' } as const

/** Bytes of any kind. The client reads them; the server only describes them. */
export const fileSchema = z.instanceof(Blob).meta(binary)

/** A zip archive. Its type tells it from a page that something in between has answered with. */
export const archiveSchema = z
  .instanceof(Blob)
  .refine(({ type }) => type === 'application/zip', 'Expected a zip archive')
  .meta(binary)

/** A part for each file, its path as file name; the parts' own names do not matter. */
export const uploadFormSchema = z
  .instanceof(FormData)
  .meta({ type: 'object', properties: { file: { type: 'array', items: binary } }, required: ['file'] })

export const uploadSchema = z.union([uploadFormSchema, archiveSchema])
