import { setTimeout } from 'node:timers/promises'
import { SandboxError } from '../sandbox.js'

/** What is to be known of a container to keep one. */
export interface Keepable {
  readonly startedAtMs: number
  /** Why it no longer runs, as a clause; undefined while it does. */
  ending(): Promise<string | undefined>
  remove(): Promise<void>
}

export interface KeptContainer<Container extends Keepable> {
  /** The container that runs, or a new one. Rejects with a `SandboxError` when there is none to be had. */
  live(): Promise<Container>
  /** The container that runs, if one does. */
  running(): Promise<Container | undefined>
  /** Gives up a container in which nothing can be started any more, for the one that is answered. */
  replace(container: Container, reason: string): Promise<Container>
  /** Removes it; there is no other afterwards. */
  close(): Promise<void>
}

export interface KeepOptions<Container extends Keepable> {
  launch(): Promise<Container>
  /** Told why the one before has gone, once another runs. */
  onRestart(reason: string): void
}

/** Before each attempt in a row, while containers do not stay up or the engine is away. */
const launchDelaysMs = [0, 500, 2_000]
/** A container that has run this long has stayed up. */
const settledMs = 30_000

/** One container at a time, started again when it has ended, whoever has ended it. */
export function keepContainer<Container extends Keepable>({
  launch,
  onRestart,
}: KeepOptions<Container>): KeptContainer<Container> {
  const closing = new AbortController()
  let current: Promise<Container> | undefined
  let lostInARow = 0
  let lost: { reason?: string; left: readonly Container[] } = { left: [] }

  async function live(): Promise<Container> {
    closing.signal.throwIfAborted()
    if (current) {
      const running = await current
      const reason = await running.ending()
      if (reason === undefined) return running
      return replace(running, reason)
    }
    current = begin()
    return current
  }

  /** Several may find out at once that it has gone; the first replaces it. */
  async function replace(gone: Container, reason: string): Promise<Container> {
    const asked = current
    if ((await asked?.catch(() => undefined)) !== gone || current !== asked) return live()
    lostInARow = Date.now() - gone.startedAtMs > settledMs ? 0 : lostInARow + 1
    lost = { reason, left: [...lost.left, gone] }
    current = begin()
    return current
  }

  function begin(): Promise<Container> {
    const begun = attempts()
    begun.then(
      () => {
        if (lost.reason !== undefined) onRestart(lost.reason)
        lost = { left: lost.left }
      },
      () => {
        current = undefined
      },
    )
    return begun
  }

  /** What has gone may still be there, and hold what the next one needs; an engine that is away removes nothing. */
  async function removeLeft(): Promise<void> {
    const left = await Promise.all(
      lost.left.map((each) =>
        each.remove().then(
          () => [],
          () => [each],
        ),
      ),
    )
    lost = { ...lost, left: left.flat() }
  }

  async function attempts(): Promise<Container> {
    const first = Math.min(lostInARow, launchDelaysMs.length - 1)
    let failure: unknown
    for (const delayMs of launchDelaysMs.slice(first)) {
      await setTimeout(delayMs, undefined, { signal: closing.signal })
      try {
        await removeLeft()
        return await launch()
      } catch (error) {
        // A refusal will be the same again, and is told at once.
        if (!(error instanceof SandboxError) || !error.mayPass) throw error
        failure = error
      }
    }
    throw failure
  }

  return {
    live,
    async running() {
      const last = await current?.catch(() => undefined)
      return last && (await last.ending()) === undefined ? last : undefined
    },
    replace,
    async close() {
      closing.abort(new SandboxError('The sandbox has been stopped.'))
      const running = await current?.catch(() => undefined)
      await running?.remove()
      await removeLeft()
    },
  }
}
