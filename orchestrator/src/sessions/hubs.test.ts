import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import type { EventStore } from './event-store.js'
import { createHubs } from './hubs.js'
import { openLibsqlStore } from './libsql/store.js'
import { createFolder, type Folder, silent } from './service.fixture.js'

let folder: Folder
let store: EventStore
const asked: string[][] = []
beforeEach(async () => {
  folder = await createFolder()
  const real = await openLibsqlStore({ file: `${folder.path}/events.db`, now: Date.now })
  store = {
    ...real,
    tails(sessions) {
      asked.push([...sessions])
      return real.tails(sessions)
    },
  }
  asked.length = 0
  vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval'] })
})
afterEach(async () => {
  vi.useRealTimers()
  await store.close()
  await folder.dispose()
})

const seconds = async (count: number) => {
  for (let second = 0; second < count; second += 1) {
    vi.advanceTimersByTime(1_000)
    // The answer to one question must be there before the next one is asked.
    await new Promise((resolve) => setTimeout(resolve, 20))
  }
}

test('the sessions that others may write are asked about together, and nobody asks when nobody follows', async () => {
  const hubs = createHubs({ store, now: Date.now, isLocal: (id) => id === 'mine', log: silent })
  await seconds(2)
  expect(asked).toEqual([])
  for (const id of ['a', 'mine', 'b', 'b']) hubs.hold(id)
  await seconds(2)
  expect(asked).toEqual([
    ['a', 'b'],
    ['a', 'b'],
  ])
  for (const id of ['a', 'b', 'b']) hubs.release(id)
  await seconds(2)
  expect(asked).toHaveLength(2)
  hubs.release('mine')
  expect(vi.getTimerCount()).toBe(0)
  hubs.hold('a')
  await seconds(1)
  expect(asked).toHaveLength(3)
  hubs.close()
  expect(vi.getTimerCount()).toBe(0)
})
