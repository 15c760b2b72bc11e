import { setTimeout } from 'node:timers/promises'

export interface SpaceOptions {
  /** Of the file system that the workspace is on. */
  freeBytes(): Promise<number>
  /** Of what the sandbox can write to and the host keeps; undefined when that could not be counted to its end. */
  usedBytes(): Promise<number | undefined>
  usedBytesMax: number
  /** Told once, with a clause, when the sandbox has taken too much. */
  onFull(reason: string): void
}

export interface SpaceWatch {
  /** Settles once nothing is being counted; nothing is until it goes on. */
  hold(): Promise<void>
  goOn(): void
  stop(): void
}

/** The host keeps this much for itself. */
export const freeBytesMin = 512 * 1024 * 1024
/** A sandbox whose workspace was too large before it began may still add this much, to be able to tidy up. */
export const growthBytesMin = 256 * 1024 * 1024
const pollMs = 2_000
/** The files are counted again when the file system has lost this much. */
const recountAfterBytes = 64 * 1024 * 1024

/** Binds and volumes have no quota, so what a sandbox writes is watched. */
export function watchSpace({ freeBytes, usedBytes, usedBytesMax, onFull }: SpaceOptions): SpaceWatch {
  const stopping = new AbortController()
  let isHeld = false
  let counting: Promise<number | undefined> = Promise.resolve(0)

  const count = (): Promise<number | undefined> => {
    counting = usedBytes().catch(() => undefined)
    return counting
  }

  /** What starts at the same time as the watch comes first. */
  const nextTurn = async (): Promise<void> => {
    do await setTimeout(pollMs, undefined, { signal: stopping.signal, ref: false })
    while (isHeld)
  }

  /** Why it has to end. A turn in which something could not be asked is followed by another. */
  async function full(): Promise<string> {
    const freeAtStart = await freeBytes()
    let freeAtCount = Number.POSITIVE_INFINITY
    let bytesMax = usedBytesMax
    for (let isFirst = true; ; isFirst = false) {
      await nextTurn()
      const free = await freeBytes()
      if (free < freeBytesMin && free < freeAtStart) return `the disk of the host has only ${amount(free)} left`
      if (freeAtCount - free < recountAfterBytes) continue
      freeAtCount = free
      const lost = Math.max(freeAtStart - free, 0)
      const used = await count()
      // Files that are hidden from the count have still been taken from the disk.
      if (used === undefined && lost > usedBytesMax)
        return `its files cannot be counted, and the disk has lost ${amount(lost)}`
      if (isFirst && used !== undefined) bytesMax = Math.max(usedBytesMax, used - lost + growthBytesMin)
      if (used !== undefined && used > bytesMax)
        return `it keeps ${amount(used)} of files, and ${amount(bytesMax)} is the limit`
    }
  }

  // It ends by being stopped.
  full().then(onFull, () => {})
  return {
    async hold() {
      isHeld = true
      await counting
    },
    goOn() {
      isHeld = false
    },
    stop: () => stopping.abort(),
  }
}

function amount(bytes: number): string {
  const gibibytes = bytes / 1024 ** 3
  return gibibytes >= 1 ? `${gibibytes.toFixed(1)} GiB` : `${Math.round(bytes / 1024 ** 2)} MiB`
}
