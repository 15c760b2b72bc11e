/** By the same clock as the model's stamps: the system's monotonic one, which all processes share. */
export function nowMs(): number {
  return Number(process.hrtime.bigint() / 1_000n) / 1_000
}

export interface Arrival {
  readonly stampMs: number
  readonly atMs: number
}

/** Finds the stamps that are new: a frame may hold several, and the whole text once more at its end. */
export function createStampReader(): (data: string) => Arrival[] {
  let newest = 0
  return (data) => {
    if (!data.includes('<t:')) return []
    const atMs = nowMs()
    const arrivals: Arrival[] = []
    for (const [, text] of data.matchAll(/<t:(\d+\.\d+)>/g)) {
      const stampMs = Number(text)
      if (stampMs <= newest) continue
      newest = stampMs
      arrivals.push({ stampMs, atMs })
    }
    return arrivals
  }
}

export function delayOf({ stampMs, atMs }: Arrival): number {
  return atMs - stampMs
}

export function quantile(numbers: readonly number[], part: number): number {
  const sorted = numbers.toSorted((a, b) => a - b)
  return sorted[Math.min(Math.floor(sorted.length * part), sorted.length - 1)] ?? Number.NaN
}
