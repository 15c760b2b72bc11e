import type { Job } from './records.js'

/** Takes bash's notices of the ends of earlier jobs out of what a command writes: they are told as such. */
export interface NoticeFilter {
  /** What of it is output. The beginning of a line that may become a notice is held back. */
  take(chunk: Buffer): Buffer
  /** What was held back when nothing follows. */
  rest(): Buffer
}

const noticeCharsMax = 4_096

/** `jobs`: those whose end has not been told. */
export function createNoticeFilter(jobs: readonly Job[]): NoticeFilter {
  const due = new Set(jobs)
  let held = ''

  /** A line without the notice that stands at its end: bash begins one wherever the cursor is. */
  const withoutNotice = (line: string): string => {
    for (const { index, 1: number } of line.matchAll(noticePattern)) {
      const job = [...due].find(
        (each) => each.number === Number(number) && line.trimEnd().endsWith(` ${bytesOf(each)}`),
      )
      if (job !== undefined && due.delete(job)) return line.slice(0, index)
    }
    return line
  }
  return {
    take(chunk) {
      if (due.size === 0 && held === '') return chunk
      const lines = (held + chunk.toString('latin1')).split(/(?<=\n)/)
      const last = lines.at(-1)?.endsWith('\n') ? '' : (lines.pop() ?? '')
      const output = lines.map((line) => (due.size === 0 ? line : withoutNotice(line))).join('')
      const from = due.size === 0 ? -1 : last.search(beginningPattern)
      held = from < 0 || last.length - from > noticeCharsMax ? '' : last.slice(from)
      return Buffer.from(output + last.slice(0, last.length - held.length), 'latin1')
    },
    rest() {
      const rest = Buffer.from(held, 'latin1')
      held = ''
      return rest
    },
  }
}

/** `[1]+  Done                    sleep 5`: the job's number, whether it is the current one, what became of it, its command. */
const noticePattern = /\[(\d+)\][-+ ] {2}[A-Z]/g

/** What may become a notice, at the end of a line that has not ended. */
const beginningPattern = /\[(?:\d+(?:\](?:[-+ ](?: (?: (?:[A-Z].*)?)?)?)?)?)?$/

/** A command as it stands in text that was read byte by byte. */
function bytesOf({ command }: Job): string {
  return Buffer.from(command).toString('latin1')
}
