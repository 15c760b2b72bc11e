import { expect, test } from 'vitest'
import { SandboxError } from '../sandbox.js'
import { type KeepOptions, keepContainer } from './live.js'

type Launched = Awaited<ReturnType<KeepOptions<Fake>['launch']>>

/** A container whose end the test decides. */
interface Fake {
  readonly startedAtMs: number
  reason?: string
  removed: number
  ending(): Promise<string | undefined>
  remove(): Promise<void>
}

function fake(): Fake {
  const container: Fake = {
    startedAtMs: 0,
    removed: 0,
    ending: async () => container.reason,
    async remove() {
      container.removed += 1
    },
  }
  return container
}

function keeper(launches: (() => Launched)[] = []) {
  const restarts: string[] = []
  let count = 0
  const kept = keepContainer<Fake>({
    async launch() {
      count += 1
      return launches.shift()?.() ?? fake()
    },
    onRestart: (reason) => void restarts.push(reason),
  })
  return { kept, restarts, launched: () => count }
}

const away = () => {
  throw new SandboxError('No engine answers.', { mayPass: true })
}

test('all that ask get the one container', async () => {
  const { kept, launched } = keeper()
  const [first, second] = await Promise.all([kept.live(), kept.live()])
  expect(first).toBe(second)
  expect(launched()).toBe(1)
})

test('a container that has ended is removed, replaced once for all, and that is told', async () => {
  const { kept, restarts, launched } = keeper()
  const first = await kept.live()
  first.reason = 'it was removed'
  const [second, third] = await Promise.all([kept.live(), kept.live()])
  expect(second).toBe(third)
  expect(second).not.toBe(first)
  expect(first.removed).toBe(1)
  expect(launched()).toBe(2)
  expect(restarts).toEqual(['it was removed'])
})

test('an engine that is away is asked again', async () => {
  const { kept, launched } = keeper([away, away])
  await kept.live()
  expect(launched()).toBe(3)
})

test('a refusal is told at once, and the next call tries again', async () => {
  const refused = () => {
    throw new SandboxError('There is no such image.')
  }
  const { kept, launched } = keeper([refused])
  await expect(kept.live()).rejects.toThrow('no such image')
  expect(launched()).toBe(1)
  await expect(kept.live()).resolves.toMatchObject({ removed: 0 })
})

test('what is closed is removed and does not start again', async () => {
  const { kept } = keeper()
  const container = await kept.live()
  await kept.close()
  expect(container.removed).toBe(1)
  await expect(kept.live()).rejects.toThrow('has been stopped')
})

test('closing while the engine is away ends the waiting', async () => {
  const { kept } = keeper([away, away, away])
  const waiting = kept.live()
  await kept.close()
  await expect(waiting).rejects.toThrow()
})

test('what could not be removed while the engine was away is removed before another starts', async () => {
  const { kept, restarts } = keeper([fake, away, away, away])
  const first = await kept.live()
  first.reason = 'the engine stopped'
  let isAway = true
  first.remove = async () => {
    if (isAway) throw new Error('No engine answers.')
    first.removed += 1
  }
  await expect(kept.live()).rejects.toThrow('No engine answers')
  expect(restarts).toEqual([])
  isAway = false
  await kept.live()
  expect(first.removed).toBe(1)
  expect(restarts).toEqual(['the engine stopped'])
})
