import type { z } from 'zod'
import type { diffQuerySchema, treeQuerySchema } from '../http/workspace-schemas.js'
import { type CallOptions, call } from './call.js'
import { operations } from './operations.js'
import type { Transport } from './transport.js'
import { type UploadFiles, uploadBody } from './upload-body.js'

export interface FolderOptions extends CallOptions {
  /** Relative to the workspace, which is meant itself when absent. */
  folder?: string | undefined
}

/** Files of a session's workspace. Paths are relative to it, with `/` between their parts. */
export function bindWorkspace(transport: Transport) {
  const body = undefined
  return {
    /** A folder, level by level; `cut` names the folders that are not shown whole. */
    tree: (id: string, which: Partial<z.output<typeof treeQuerySchema>> = {}, options?: CallOptions) =>
      call(transport, operations.listTree, { params: { id }, query: which, body, ...options }),
    /** The bytes of a file: `text()`, `arrayBuffer()` and `stream()` read them. */
    read: (id: string, path: string, options?: CallOptions) =>
      call(transport, operations.readFile, { params: { id }, query: { path }, body, ...options }),
    /** Removes a file, a link or an empty folder. */
    remove: (id: string, path: string, options?: CallOptions) =>
      call(transport, operations.removeFile, { params: { id }, query: { path }, body, ...options }),
    /** What changed between the snapshots at or before two seqs; without `to`, up to now. */
    diff: (id: string, range: z.output<typeof diffQuerySchema>, options?: CallOptions) =>
      call(transport, operations.showDiff, { params: { id }, query: range, body, ...options }),
    /** Puts files where their paths say, or what a zip archive holds: all of them or none. Large ones need a longer `timeoutMs`. */
    upload: async (id: string, files: UploadFiles, { folder, ...options }: FolderOptions = {}) => {
      const sent = { params: { id }, query: { path: folder }, body: uploadBody(files), ...options }
      return (await call(transport, operations.uploadFiles, sent)).files
    },
    /** A folder as a zip archive, without links. It is held whole; large ones need a longer `timeoutMs`. */
    download: (id: string, { folder, ...options }: FolderOptions = {}) =>
      call(transport, operations.downloadFolder, { params: { id }, query: { path: folder }, body, ...options }),
  }
}
