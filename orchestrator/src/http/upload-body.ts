import type { IncomingMessage } from 'node:http'
import { type IncomingFile, uploadBytesMax } from '../sessions/index.js'
import { Refused } from './failure-replies.js'
import { readParts } from './multipart.js'

export interface UploadBody {
  files: AsyncIterable<IncomingFile>
  extract: boolean
}

/** The frame of a multipart body comes on top of the files. */
const frameBytesMax = 16 * 1024 * 1024

/** A multipart body of files, or one zip archive as it is. Nothing is read before `files` is. */
export function readUpload(incoming: IncomingMessage, { extract }: { extract: boolean }): UploadBody {
  if (Number(incoming.headers['content-length'] ?? 0) > uploadBytesMax + frameBytesMax) throw tooLarge()
  const type = (incoming.headers['content-type'] ?? '').split(';')[0]?.trim().toLowerCase()
  if (type === 'multipart/form-data') return { files: readParts(incoming), extract }
  if (type === 'application/zip' || type === 'application/x-zip-compressed') {
    return { files: one({ path: 'upload.zip', content: incoming.iterator({ destroyOnReturn: false }) }), extract: true }
  }
  const message = `Expected multipart/form-data (a part for each file, its path as file name) or application/zip, found ${type === '' ? 'no type' : type}.`
  throw new Refused({ status: 415, code: 'unsupported_media_type', message })
}

async function* one(file: IncomingFile): AsyncGenerator<IncomingFile> {
  yield file
}

function tooLarge(): Refused {
  const message = `Expected an upload of at most ${uploadBytesMax} bytes. Send it in parts.`
  return new Refused({ status: 413, code: 'too_large', message })
}
