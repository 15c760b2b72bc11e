import { z } from '@hono/zod-openapi'
import { treeDepthMax } from '../sessions/index.js'

const seq = z
  .string()
  .regex(/^\d{1,15}$/, 'Expected the seq of an event, a whole number')
  .transform(Number)

export const treeQuerySchema = z.object({
  path: z.string().default(''),
  depth: z.coerce.number().int().min(1).max(treeDepthMax).default(1),
})

export const pathQuerySchema = z.object({ path: z.string().min(1) })

export const downloadQuerySchema = z.object({ path: z.string().default('') })

export const diffQuerySchema = z.object({
  since: seq,
  to: seq.optional(),
  path: z.string().optional(),
})

export const uploadQuerySchema = z.object({ path: z.string().default(''), extract: z.enum(['0', '1']).default('0') })

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
  .openapi('Tree')

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
  .openapi('Diff')

export const uploadedSchema = z
  .object({ files: z.array(z.object({ path: z.string(), bytes: z.int() })) })
  .openapi('Uploaded')

export const bytesSchema = z.string().openapi({ format: 'binary' })
