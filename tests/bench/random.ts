import { createHash } from 'node:crypto'

/** Numbers that are the same for the same seed on every machine. */
export interface Random {
  /** At least 0, less than `limit`. */
  integer(limit: number): number
  /** Both ends included. */
  between(low: number, high: number): number
  chance(probability: number): boolean
  pick<T>(list: readonly T[]): T
  shuffled<T>(list: readonly T[]): T[]
}

/** A generator for every `seed`: one for each case keeps a case the same whatever else is run with it. */
export function createRandom(seed: string): Random {
  let state = createHash('sha256').update(seed).digest().readUInt32LE(0)
  // Mulberry32.
  const next = () => {
    state = (state + 0x6d2b79f5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32
  }
  const integer = (limit: number) => Math.floor(next() * limit)
  return {
    integer,
    between: (low, high) => low + integer(high - low + 1),
    chance: (probability) => next() < probability,
    pick(list) {
      const chosen = list[integer(list.length)]
      if (chosen === undefined) throw new Error('There is nothing to pick from.')
      return chosen
    },
    shuffled(list) {
      const rest = [...list]
      return list.flatMap(() => rest.splice(integer(rest.length), 1))
    },
  }
}
