import { openStream } from '../../streams/event-stream.js'
import type { Random } from '../random.js'

export interface Resumed {
  readonly cuts: number
  readonly events: number
  readonly lost: number
  readonly duplicates: number
}

export interface ResumeOptions {
  /** The stream of a session whose log is long and still grows. */
  readonly url: string
  readonly headers: Readonly<Record<string, string>>
  readonly cuts: number
  readonly random: Random
}

const eventsBetweenCutsMax = 12

/** Reads on with Last-Event-ID after each cut; at the end of the log it begins anew. */
export async function resumeOften({ url, headers, cuts, random }: ResumeOptions): Promise<Resumed> {
  const result = { cuts: 0, events: 0, lost: 0, duplicates: 0 }
  let last = 0
  for (; result.cuts < cuts; result.cuts += 1) {
    let wanted = random.between(1, eventsBetweenCutsMax)
    let finish = () => {}
    const cut = new Promise<void>((resolve) => {
      finish = resolve
    })
    const onFrame = ({ id }: { id: string | undefined }) => {
      if (id === undefined || wanted === 0) return
      const seq = Number(id)
      if (seq <= last) result.duplicates += 1
      else result.lost += seq - last - 1
      last = seq
      result.events += 1
      wanted -= 1
      if (wanted === 0) finish()
    }
    const stream = await openStream({ url, headers: { ...headers, 'last-event-id': String(last) }, onFrame })
    const quiet = setTimeout(() => {
      last = 0
      finish()
    }, quietMs)
    await cut
    clearTimeout(quiet)
    stream.destroy()
  }
  return result
}

/** A log that tells nothing for so long has been read to its end. */
const quietMs = 500
