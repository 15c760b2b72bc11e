/** What all clients of a soak have seen together. */
export interface Tally {
  events: number
  deltas: number
  reconnects: number
  lost: number
  duplicates: number
  connects: number
  runs: number
  /** What should not have happened, in words. */
  readonly failures: string[]
  /** The soak is over: nobody reads on. */
  isAbandoned: boolean
}

export function createTally(): Tally {
  return {
    events: 0,
    deltas: 0,
    reconnects: 0,
    lost: 0,
    duplicates: 0,
    connects: 0,
    runs: 0,
    failures: [],
    isAbandoned: false,
  }
}
