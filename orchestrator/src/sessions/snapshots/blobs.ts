import type { ChildProcessWithoutNullStreams } from 'node:child_process'
import { once } from 'node:events'
import { unavailable } from './git.js'

/** Reads the contents of a repository one after another. Open it for a piece of work and close it. */
export interface BlobReader {
  read(id: string): Promise<Buffer>
  close(): Promise<void>
}

/** Over `git cat-file --batch`: it answers an id with a line "ID TYPE SIZE", the bytes, and a line feed. */
export function readBlobs(start: () => ChildProcessWithoutNullStreams): BlobReader {
  const child = start()
  const exited = once(child, 'close').catch(() => undefined)
  child.stdin.on('error', () => {})
  child.stderr.resume()
  const chunks = child.stdout.iterator({ destroyOnReturn: false })
  let buffered = Buffer.alloc(0)

  const more = async (parts: Buffer[]): Promise<void> => {
    const next = await chunks.next()
    if (next.done === true) throw unavailable('git cat-file ended before it had given what was asked for. Try again.')
    parts.push(next.value)
  }
  const line = async (): Promise<string> => {
    for (let end = buffered.indexOf(10); ; end = buffered.indexOf(10)) {
      if (end >= 0) {
        const text = buffered.subarray(0, end).toString()
        buffered = buffered.subarray(end + 1)
        return text
      }
      const parts = [buffered]
      await more(parts)
      buffered = Buffer.concat(parts)
    }
  }
  const take = async (length: number): Promise<Buffer> => {
    const parts = [buffered]
    for (let have = buffered.length; have < length; have += parts.at(-1)?.length ?? 0) await more(parts)
    const all = Buffer.concat(parts)
    buffered = all.subarray(length)
    return all.subarray(0, length)
  }

  return {
    async read(id) {
      child.stdin.write(`${id}\n`)
      const size = / blob (\d+)$/.exec(await line())?.[1]
      if (size === undefined) throw unavailable(`The snapshots have lost content ${id}: their repository is damaged.`)
      return (await take(Number(size) + 1)).subarray(0, -1)
    },
    async close() {
      child.stdin.end()
      child.stdout.destroy()
      await exited
    },
  }
}
