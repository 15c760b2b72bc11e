import { RESPONSE_ALREADY_SENT } from '@hono/node-server/utils/response'
import { createRoute } from '@hono/zod-openapi'
import { getMimeType } from 'hono/utils/mime'
import type { OpenFile, WorkspaceFiles } from '../sessions/index.js'
import type { App } from './app.js'
import { readRange } from './byte-range.js'
import { Refused } from './failure-replies.js'
import { failures, json } from './route-parts.js'
import { sessionParamsSchema } from './schemas.js'
import { attachment, sendStream } from './send-stream.js'
import { readUpload } from './upload-body.js'
import {
  archiveSchema,
  diffQuerySchema,
  diffSchema,
  downloadQuerySchema,
  fileSchema,
  pathQuerySchema,
  treeQuerySchema,
  treeSchema,
  uploadedSchema,
  uploadFormSchema,
  uploadQuerySchema,
} from './workspace-schemas.js'

const tags = ['workspace']
const params = sessionParamsSchema
const at = (name: string) => `/v1/sessions/{id}/workspace/${name}`

const tree = createRoute({
  operationId: 'listTree',
  method: 'get',
  path: at('tree'),
  tags,
  summary: 'List a folder of the workspace, some levels deep',
  request: { params, query: treeQuerySchema },
  responses: { 200: json(treeSchema, 'Entries by level; cut names folders that are not shown whole'), ...failures },
})

const read = createRoute({
  operationId: 'readFile',
  method: 'get',
  path: at('file'),
  tags,
  summary: 'Read a file; Range and If-None-Match are understood',
  request: { params, query: pathQuerySchema },
  responses: {
    200: { content: { 'application/octet-stream': { schema: fileSchema } }, description: 'Its bytes' },
    206: { content: { 'application/octet-stream': { schema: fileSchema } }, description: 'The range asked for' },
    304: { description: 'It is as it was' },
    ...failures,
  },
})

const remove = createRoute({
  operationId: 'removeFile',
  method: 'delete',
  path: at('file'),
  tags,
  summary: 'Remove a file, a link or an empty folder',
  request: { params, query: pathQuerySchema },
  responses: { 204: { description: 'Removed' }, ...failures },
})

const diff = createRoute({
  operationId: 'showDiff',
  method: 'get',
  path: at('diff'),
  tags,
  summary: 'Show what changed in the workspace since an event',
  request: { params, query: diffQuerySchema },
  responses: { 200: json(diffSchema, 'Between snapshots at or before the seqs; without to, up to now'), ...failures },
})

const download = createRoute({
  operationId: 'downloadFolder',
  method: 'get',
  path: at('download'),
  tags,
  summary: 'Download a folder as a zip archive, without links',
  request: { params, query: downloadQuerySchema },
  responses: {
    200: { content: { 'application/zip': { schema: archiveSchema } }, description: 'The archive' },
    ...failures,
  },
})

const upload = createRoute({
  operationId: 'uploadFiles',
  method: 'post',
  path: at('upload'),
  tags,
  summary: 'Put files into the workspace, all or none: parts with paths as file names, or a zip archive',
  request: { params, query: uploadQuerySchema },
  responses: { 201: json(uploadedSchema, 'The files as they are now'), ...failures },
})

/** Described by a registration of its own, for no route may validate it: it is read as it comes in. */
const uploadBody = {
  required: true,
  content: {
    'multipart/form-data': { schema: uploadFormSchema },
    'application/zip': { schema: archiveSchema },
  },
}

export function addWorkspaceRoutes(app: App, files: WorkspaceFiles): void {
  app.openapi(tree, async (c) => c.json(await files.tree(c.req.valid('param').id, c.req.valid('query')), 200))
  app.openapi(remove, async (c) => {
    await files.remove(c.req.valid('param').id, c.req.valid('query').path)
    return c.body(null, 204)
  })
  app.openapi(diff, async (c) => {
    const { text: _, ...told } = await files.diff(c.req.valid('param').id, c.req.valid('query'))
    return c.json(told, 200)
  })
  app.openAPIRegistry.registerPath({ ...upload, request: { ...upload.request, body: uploadBody } })
  app.openapi(createRoute({ ...upload, hide: true }), async (c) => {
    const { path, extract } = c.req.valid('query')
    const body = readUpload(c.env.incoming, { extract: extract === '1' })
    return c.json(await files.upload(c.req.valid('param').id, { folder: path, ...body }), 201)
  })
  app.openapi(read, async (c) => {
    const file = await files.read(c.req.valid('param').id, c.req.valid('query').path)
    const { name, bytes, etag, mtimeMs } = file
    const headers = {
      ...inert(name),
      'Content-Type': getMimeType(name) ?? 'application/octet-stream',
      ETag: etag,
      'Last-Modified': new Date(mtimeMs).toUTCString(),
      'Accept-Ranges': 'bytes',
    }
    if (isKnown(c.req.header('if-none-match'), etag)) return closed(file, () => c.body(null, 304, headers))
    const ifRange = c.req.header('if-range')
    const range = ifRange === undefined || ifRange === etag ? readRange(c.req.header('range'), bytes) : undefined
    if (range === 'unsatisfiable') throw closed(file, () => unsatisfiable(bytes))
    const { start, end } = range ?? { start: 0, end: bytes - 1 }
    const sized = {
      ...headers,
      'Content-Length': String(end - start + 1),
      ...(range === undefined ? {} : { 'Content-Range': `bytes ${start}-${end}/${bytes}` }),
    }
    const status = range === undefined ? 200 : 206
    if (c.req.method === 'HEAD' || bytes === 0) return closed(file, () => c.body(null, status, sized))
    await sendStream(c.env.outgoing, { status, headers: sized, stream: file.stream({ start, end }) })
    return RESPONSE_ALREADY_SENT
  })
  app.openapi(download, async (c) => {
    const { name, stream } = await files.download(c.req.valid('param').id, c.req.valid('query').path)
    const headers = { ...inert(name), 'Content-Type': 'application/zip' }
    if (c.req.method === 'HEAD') {
      stream.destroy()
      return c.body(null, 200, headers)
    }
    await sendStream(c.env.outgoing, { status: 200, headers, stream })
    return RESPONSE_ALREADY_SENT
  })
}

/** What an agent wrote must never run in a browser as if it were ours. */
function inert(name: string): Record<string, string> {
  return {
    'Content-Disposition': attachment(name),
    'Content-Security-Policy': "sandbox; default-src 'none'",
    'X-Content-Type-Options': 'nosniff',
  }
}

function isKnown(ifNoneMatch: string | undefined, etag: string): boolean {
  const known = (ifNoneMatch ?? '').split(',').map((each) => each.trim().replace(/^W\//, ''))
  return known.includes(etag) || known.includes('*')
}

function closed<T>(file: OpenFile, make: () => T): T {
  file.close()
  return make()
}

function unsatisfiable(bytes: number): Refused {
  const message = `Expected a range within the ${bytes} bytes of the file.`
  const headers = { 'Content-Range': `bytes */${bytes}` }
  return new Refused({ status: 416, code: 'bad_range', message, headers })
}
