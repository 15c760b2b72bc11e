import { ApiError } from './api-error.js'

export type FileContent = Blob | Uint8Array | string

/** Contents by path, a string as UTF-8; or a zip archive that is unpacked. */
export type UploadFiles = Readonly<Record<string, FileContent>> | Blob | Uint8Array

export function uploadBody(files: UploadFiles): FormData | Blob {
  if (files instanceof Blob || files instanceof Uint8Array) return blobOf(files, 'application/zip')
  const form = new FormData()
  for (const [path, content] of Object.entries(files)) form.append('file', blobOf(content), checked(path))
  return form
}

function blobOf(content: FileContent, type = 'application/octet-stream'): Blob {
  // A copy: bytes that are shared with other threads are no part of a blob.
  return new Blob([content instanceof Uint8Array ? new Uint8Array(content) : content], { type })
}

/** In the head of a part, quotation marks and line breaks are written as %22, %0D and %0A, and backslashes vanish. */
function checked(path: string): string {
  if (!/["\\\r\n]/.test(path)) return path
  const message = `Expected a path with / between its parts, without backslashes, quotation marks and line breaks, found ${JSON.stringify(path)}. Give the file another name.`
  throw new ApiError({ status: 0, code: 'invalid_request', message, details: { path } })
}
