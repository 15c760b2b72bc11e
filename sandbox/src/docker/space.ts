import { setTimeout } from 'node:timers/promises'

export interface SpaceOptions {
  /** Of the file system that the workspace is on. */
  freeBytes(): Promise<number>
  /** Of what the sandbox can write to and the host keeps: it takes a while to count. */
  usedBytes(): Promise<number>
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
  let counting: Promise<number> = Promise.resolve(0)

  const count = (): Promise<number> => {
    counting = usedBytes()
    return counting
  }

  /** What starts at the same time as the watch comes first. */
  const nextTurn = async (): Promise<void> => {
    do await setTimeout(pollMs, undefined, { signal: stopping.signal, ref: false })
    while (isHeld)
  }

  async function watch(): Promise<void> {
    const freeAtStart = await freeBytes()
    await nextTurn()
    let used = await count()
    let freeAtCount = await freeBytes()
    const usedAtStart = used - Math.max(freeAtStart - freeAtCount, 0)
    const bytesMax = Math.max(usedBytesMax, usedAtStart + growthBytesMin)
    while (used <= bytesMax) {
      await nextTurn()
      const free = await freeBytes()
      if (free < freeBytesMin && free < freeAtCount) return onFull(`the disk of the host has only ${amount(free)} left`)
      if (freeAtCount - free < recountAfterBytes) continue
      freeAtCount = free
      used = await count()
    }
    onFull(`it keeps ${amount(used)} of files, and ${amount(bytesMax)} is the limit`)
  }

  // A container that has gone cannot be counted, and does not have to be.
  watch().catch(() => {})
  return {
    async hold() {
      isHeld = true
      await counting.catch(() => {})
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
