import { TestRunner } from 'vitest'

/** What a test has played with chance, so that it can be told and played again. */
export interface Played {
  seed: number
  /** As in `20000 runs`. */
  count: string
}

declare module 'vitest' {
  interface TaskMeta {
    played?: Played[]
  }
}

/** Belongs to the test under way; a test may play several times, and one of several at once says which it is. */
export function tellPlayed(played: Played, { meta } = TestRunner.getCurrentTest() ?? {}): void {
  if (meta) meta.played = [...(meta.played ?? []), played]
}
