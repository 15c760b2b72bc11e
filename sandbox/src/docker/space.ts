export interface SpaceOptions {
  /** Of the file system that the workspace is on. */
  freeBytes(): Promise<number>
  /** Of what the sandbox can write to and the host keeps: it takes a while to count. */
  usedBytes(): Promise<number>
  usedBytesMax: number
  /** Told once, with a clause, when the sandbox has taken too much. */
  onFull(reason: string): void
}

/** The host keeps this much for itself. */
export const freeBytesMin = 512 * 1024 * 1024
/** A sandbox whose workspace was too large before it began may still add this much, to be able to tidy up. */
export const growthBytesMin = 256 * 1024 * 1024
const pollMs = 2_000
/** The files are counted again when the file system has lost this much. */
const recountAfterBytes = 64 * 1024 * 1024

/** Binds and volumes have no quota, so what a sandbox writes is watched. */
export function watchSpace({ freeBytes, usedBytes, usedBytesMax, onFull }: SpaceOptions): { stop(): void } {
  let timer: NodeJS.Timeout | undefined
  let isStopped = false

  const pause = () =>
    new Promise<void>((settle) => {
      timer = setTimeout(settle, pollMs)
      timer.unref()
    })

  async function watch(): Promise<void> {
    // What starts beside it comes first.
    await pause()
    const begun = await usedBytes()
    const bytesMax = Math.max(usedBytesMax, begun + growthBytesMin)
    let freeAtCount = await freeBytes()
    while (!isStopped) {
      await pause()
      const free = await freeBytes()
      if (isStopped) return
      if (free < freeBytesMin && freeAtCount - free > 0)
        return onFull(`the disk of the host has only ${amount(free)} left`)
      if (freeAtCount - free < recountAfterBytes) continue
      freeAtCount = free
      const used = await usedBytes()
      if (used > bytesMax) return onFull(`it keeps ${amount(used)} of files, and ${amount(bytesMax)} is the limit`)
    }
  }

  // A container that has gone cannot be counted, and does not have to be.
  watch().catch(() => {})
  return {
    stop() {
      isStopped = true
      clearTimeout(timer)
    },
  }
}

function amount(bytes: number): string {
  const gibibytes = bytes / 1024 ** 3
  return gibibytes >= 1 ? `${gibibytes.toFixed(1)} GiB` : `${Math.round(bytes / 1024 ** 2)} MiB`
}
