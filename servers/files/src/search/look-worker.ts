import { parentPort } from 'node:worker_threads'
import { type LookList, type LookRound, takePortions } from './look-round.js'

/** What the worker is sent for every round. */
export interface LookMessage {
  readonly round: LookRound
  /** When it is not that of the round before; paths divided by NUL, because a single text is sent much faster. */
  readonly list?: Omit<LookList, 'paths'> & { readonly paths: string }
}

let known: LookList | undefined

parentPort?.on('message', ({ round, list }: LookMessage) => {
  if (list) known = { ...list, paths: list.paths.split('\0') }
  if (known) takePortions(known, round)
})
