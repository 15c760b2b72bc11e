/** Something that is timed; what must be done around it is not. */
export interface Task {
  readonly label: string
  before?(round: number): Promise<void>
  run(round: number): Promise<void>
}

/** Milliseconds. */
export interface Timing {
  readonly p50: number
  readonly p95: number
  readonly p99: number
  readonly samples: number
}

export interface Sampling {
  readonly rounds: number
  /** Rounds before the first that counts. */
  readonly warmUp: number
}

/** Tasks in turns, so that what the machine does meanwhile falls on all of them. */
export async function sampleInTurns(
  tasks: readonly Task[],
  { rounds, warmUp }: Sampling,
): Promise<ReadonlyMap<string, Timing>> {
  const taken = new Map<string, number[]>(tasks.map(({ label }) => [label, []]))
  for (let round = 0; round < warmUp + rounds; round += 1) {
    for (const { label, before, run } of tasks) {
      await before?.(round)
      const start = performance.now()
      await run(round)
      if (round >= warmUp) taken.get(label)?.push(performance.now() - start)
    }
  }
  return new Map([...taken].map(([label, times]) => [label, timingOf(times)]))
}

/** Tasks one after the other: each has the caches of the machine to itself. */
export async function sampleApart(tasks: readonly Task[], sampling: Sampling): Promise<ReadonlyMap<string, Timing>> {
  const timings: (readonly [string, Timing])[] = []
  for (const task of tasks) timings.push(...(await sampleInTurns([task], sampling)))
  return new Map(timings)
}

export function timingOf(times: readonly number[]): Timing {
  const sorted = [...times].sort((one, other) => one - other)
  const [p50, p95, p99] = [quantile(sorted, 0.5), quantile(sorted, 0.95), quantile(sorted, 0.99)]
  return { p50, p95, p99, samples: sorted.length }
}

/** The smallest value that at least this share of the values do not exceed. */
function quantile(sorted: readonly number[], share: number): number {
  return sorted[Math.max(0, Math.ceil(sorted.length * share) - 1)] ?? Number.NaN
}
