import type { Readable } from 'node:stream'

/** Lines of a stream of UTF-8, ended by LF alone: `node:readline` also splits at U+2028, which JSON may hold. */
export async function* linesOfStream(stream: Readable): AsyncGenerator<string> {
  let rest: string[] = []
  for await (const chunk of stream.setEncoding('utf8')) {
    const [first = '', ...more] = String(chunk).split('\n')
    rest.push(first)
    if (more.length === 0) continue
    yield rest.join('')
    yield* more.slice(0, -1)
    rest = [more.at(-1) ?? '']
  }
  const last = rest.join('')
  if (last !== '') yield last
}
