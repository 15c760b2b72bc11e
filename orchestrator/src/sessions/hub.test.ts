import fc from 'fast-check'
import { expect, test } from 'vitest'
import { createStage, event, finished, notice } from './agent.fixture.js'
import type { EventStore } from './event-store.js'
import { queuedEventsMax, type SessionEvent } from './hub.js'
import { partCharsMax } from './parts.js'
import { createFolder, isStored, say } from './service.fixture.js'

type Act = { kind: 'notice' | 'open' | 'close' | 'tick' } | { kind: 'say'; count: number }

const act: fc.Arbitrary<Act> = fc.oneof(
  fc.constantFrom<Act>({ kind: 'notice' }, { kind: 'open' }, { kind: 'close' }, { kind: 'tick' }),
  fc.integer({ min: 1, max: 3 }).map((count): Act => ({ kind: 'say', count })),
  fc.integer({ min: queuedEventsMax, max: 3 * queuedEventsMax }).map((count): Act => ({ kind: 'say', count })),
)

/** A store whose appends are told some turns after they were made, as over a network. */
function remote(store: EventStore, turns: number): EventStore {
  return {
    ...store,
    async append(batch) {
      await store.append(batch)
      for (let index = 0; index < turns; index += 1) await turn()
    },
  }
}

/** Each run starts a service of its own. */
const fewer = { numRuns: (fc.readConfigureGlobal().numRuns ?? 1_000) / 20 }

test('whenever it joins and however slowly it reads, a follower sees every event once and can rebuild every text', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(act, { minLength: 1, maxLength: 30 }),
      fc.array(fc.record({ joinsAt: fc.nat(30), turnsPerBatch: fc.nat(20) }), { minLength: 1, maxLength: 4 }),
      fc.nat(8),
      async (acts, followers, turns) => {
        const folder = await createFolder()
        try {
          const stage = createStage()
          const { sessions } = await folder.serve({ agent: stage.agent, wrap: (store) => remote(store, turns) })
          const { id } = await sessions.create({ workspace: null, sandbox: 'auto' })
          await sessions.startRun(id, say('go'))
          const reading: Promise<SessionEvent[]>[] = []
          const join = (at: number) => {
            for (const { joinsAt, turnsPerBatch } of followers) {
              if (Math.min(joinsAt, acts.length) === at) reading.push(read(sessions, id, turnsPerBatch))
            }
          }
          let parts = 0
          let open = false
          for (const [index, { kind, ...more }] of acts.entries()) {
            join(index)
            if (kind === 'notice') await stage.yield(notice('x'))
            if (kind === 'tick') await turn()
            if (kind === 'open' && !open) {
              open = true
              parts += 1
              await stage.yield(event({ type: 'text.started', data: {} }, `text:${parts}`))
            }
            if (kind === 'close' && open) {
              open = false
              await stage.yield(event({ type: 'text.finished', data: { text: '' } }, `text:${parts}`))
            }
            const count = 'count' in more ? more.count : 0
            for (let piece = 0; open && piece < count; piece += 1) {
              await stage.yield({ kind: 'delta', type: 'text.delta', part: `text:${parts}`, text: 'ab' })
            }
          }
          join(acts.length)
          void stage.yield(finished())
          const log = await endOf(sessions, id)
          for (const seen of await Promise.all(reading)) {
            expect(seen.filter(isStored)).toEqual(log)
            expectRebuilds(seen)
          }
        } finally {
          await folder.dispose()
        }
      },
    ),
    fewer,
  )
})

test('a late joiner of a very long part gets its end, and the offset says where that begins', async () => {
  const folder = await createFolder()
  const stage = createStage()
  const { sessions } = await folder.serve({ agent: stage.agent })
  const { id } = await sessions.create({ workspace: null, sandbox: 'auto' })
  await sessions.startRun(id, say('go'))
  await stage.yield(event({ type: 'tool.started', data: { callId: 'c', key: 'k' } }, 'c'))
  const chunk = 'x'.repeat(partCharsMax / 2)
  for (let index = 0; index < 6; index += 1) {
    await stage.yield({ kind: 'delta', type: 'tool.progress', part: 'c', text: chunk })
  }
  for await (const batch of await sessions.follow(id, { after: 4, signal: AbortSignal.timeout(5_000) })) {
    const [snapshot] = batch
    if (snapshot?.type !== 'part.snapshot') throw new Error(`Expected a snapshot, got ${snapshot?.type}.`)
    expect(snapshot.data.offset + snapshot.data.text.length).toBe(6 * chunk.length)
    expect(snapshot.data.text.length).toBeGreaterThanOrEqual(partCharsMax)
    expect(snapshot.data.text.length).toBeLessThanOrEqual(2 * partCharsMax)
    break
  }
  await folder.dispose()
})

/** Follows to the end of the run, letting the others have some turns after each batch. */
async function read(sessions: Follows, id: string, turnsPerBatch: number): Promise<SessionEvent[]> {
  const seen: SessionEvent[] = []
  for await (const batch of await sessions.follow(id, { after: 0, signal: AbortSignal.timeout(15_000) })) {
    seen.push(...batch)
    if (batch.some(({ type }) => type === 'run.finished')) break
    for (let index = 0; index < turnsPerBatch; index += 1) await turn()
  }
  return seen
}

async function endOf(sessions: Follows & { history(id: string): Promise<unknown> }, id: string): Promise<unknown> {
  await read(sessions, id, 0)
  return sessions.history(id)
}

/** Between a part's opening and its closing, pieces continue each other; only a snapshot may start anew. */
function expectRebuilds(seen: readonly SessionEvent[]): void {
  const texts = new Map<number, number>()
  let open: number | undefined
  for (const item of seen) {
    if (item.type === 'text.started') {
      open = item.seq
      texts.set(item.seq, 0)
    } else if (item.type === 'text.finished' || item.type === 'run.finished') {
      open = undefined
    } else if (item.type === 'part.snapshot') {
      expect(item.data.part).toBe(open)
      texts.set(item.data.part, item.data.offset + item.data.text.length)
    } else if (item.type === 'text.delta') {
      expect(item.data.part).toBe(open)
      expect(item.data.offset).toBe(texts.get(item.data.part))
      texts.set(item.data.part, item.data.offset + item.data.text.length)
    }
  }
}

type Follows = Pick<Awaited<ReturnType<Awaited<ReturnType<typeof createFolder>>['serve']>>['sessions'], 'follow'>

function turn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve))
}
