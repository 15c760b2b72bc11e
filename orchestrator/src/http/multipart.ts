import type { IncomingMessage } from 'node:http'
import busboy from 'busboy'
import type { IncomingFile } from '../sessions/index.js'
import { Refused } from './failure-replies.js'

/** The files of a multipart body as they come in; each has to be read before the next one is asked for. */
export async function* readParts(incoming: IncomingMessage): AsyncGenerator<IncomingFile> {
  const parser = open(incoming)
  const waiting: IncomingFile[] = []
  let failure: unknown
  let isOver = false
  let wake = () => {}
  const end = (error?: unknown) => {
    failure ??= error
    isOver = true
    wake()
  }
  parser.on('file', (_field, content, { filename }) => {
    // What goes wrong in a part is told by the parser as well; unheard, it would end the process.
    content.on('error', () => {})
    waiting.push({ path: filename ?? '', content })
    wake()
  })
  parser.on('field', (name) => end(malformed(`found the plain field "${name.slice(0, 100)}"`)))
  parser.on('error', (error) => end(malformed(error instanceof Error ? error.message : String(error))))
  parser.on('close', () => end())
  const onAborted = () => parser.destroy(new Error('the connection ended in the middle of it'))
  incoming.on('aborted', onAborted)
  incoming.pipe(parser)
  try {
    while (true) {
      const next = waiting.shift()
      if (next !== undefined) yield next
      else if (failure !== undefined) throw failure
      else if (isOver) return
      else {
        await new Promise<void>((resolve) => {
          wake = resolve
        })
      }
    }
  } finally {
    incoming.off('aborted', onAborted)
    incoming.unpipe(parser)
    parser.destroy()
  }
}

function open(incoming: IncomingMessage): busboy.Busboy {
  try {
    return busboy({ headers: incoming.headers, preservePath: true, defParamCharset: 'utf8' })
  } catch (error) {
    throw malformed(error instanceof Error ? error.message : String(error))
  }
}

function malformed(found: string): Refused {
  const message = `Expected multipart/form-data with one part for each file, its path as file name; ${found}.`
  return new Refused({ status: 400, code: 'bad_upload', message })
}
