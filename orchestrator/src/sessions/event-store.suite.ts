import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { eventVersion, type StoredEvent } from '../events/index.js'
import { type EventStore, Fenced, readBytesMax } from './event-store.js'
import { type SessionSummary, summarise } from './summary.js'

/** Where the stores of one test live: two of them are two processes on the same data. */
export interface StoreBench {
  open(now: () => number): Promise<EventStore>
  dispose(): Promise<void>
}

/** What every driver must do. Each driver's test calls this with a way to make an empty bench. */
export function eventStoreSuite(driver: string, createBench: () => Promise<StoreBench>): void {
  describe(`event store on ${driver}`, () => {
    let bench: StoreBench
    let store: EventStore
    let other: EventStore
    let time = 1_000_000
    const ttlMs = 15_000
    const session = 'ses_a'

    beforeEach(async () => {
      time = 1_000_000
      bench = await createBench()
      store = await bench.open(() => time)
      other = await bench.open(() => time)
    })
    afterEach(async () => {
      await store.close()
      await other.close()
      await bench.dispose()
    })

    const lease = async (id = session, owner = 'one') => {
      const epoch = await store.acquire({ session: id, owner, ttlMs })
      if (epoch === undefined) throw new Error('The lease is taken.')
      return epoch
    }
    const seqs = async (after: number, limit = 100) =>
      (await store.read({ session, after, limit })).map(({ seq }) => seq)

    test('gives back what was appended, in order and unchanged', async () => {
      const epoch = await lease()
      const events = [
        created(session, 1),
        notice(session, 2, 'naïve ✓ 𝄞 \u0000 \ud800 \u2028 "quoted" \\'),
        notice(session, 3),
      ]
      await store.append({ session, expectedSeq: 0, epoch, events: events.slice(0, 1) })
      await store.append({ session, expectedSeq: 1, epoch, events: events.slice(1) })
      expect(await store.read({ session, after: 0, limit: 100 })).toEqual(events)
      expect(await store.tail(session)).toBe(3)
      expect(await other.read({ session, after: 0, limit: 100 })).toEqual(events)
    })

    test('appends of many sessions at once each succeed or are refused by themselves', async () => {
      const ids = Array.from({ length: 150 }, (_, index) => `ses_${index}`)
      const epochs = await Promise.all(ids.map((id) => lease(id)))
      const outcomes = await Promise.allSettled(
        ids.map((id, index) => {
          const isStale = index % 10 === 3
          const epoch = (epochs[index] ?? 0) - (isStale ? 1 : 0)
          return store.append({
            session: id,
            expectedSeq: 0,
            epoch,
            events: [created(id, 1)],
            summary: summarise(undefined, created(id, 1)),
          })
        }),
      )
      for (const [index, outcome] of outcomes.entries()) {
        const isStale = index % 10 === 3
        expect(outcome).toMatchObject(isStale ? { reason: { name: 'Fenced' } } : { status: 'fulfilled' })
        expect(await other.tail(ids[index] ?? '')).toBe(isStale ? 0 : 1)
        expect((await other.find(ids[index] ?? '')) === undefined).toBe(isStale)
      }
    })

    test('an append that cannot be written takes none of those beside it with it', async () => {
      const epochs = [await lease('ses_1'), await lease('ses_2')]
      const [good, bad] = await Promise.allSettled([
        store.append({ session: 'ses_1', expectedSeq: 0, epoch: epochs[0] ?? 0, events: [created('ses_1', 1)] }),
        store.append({
          session: 'ses_2',
          expectedSeq: 0,
          epoch: epochs[1] ?? 0,
          events: [created('ses_2', 1), created('ses_2', 1)],
        }),
      ])
      expect(good).toMatchObject({ status: 'fulfilled' })
      expect(bad).toMatchObject({ status: 'rejected' })
      expect(await other.tails(['ses_1', 'ses_2'])).toEqual(
        new Map([
          ['ses_1', 1],
          ['ses_2', 0],
        ]),
      )
    })

    test('tells the ends of many logs at once, as every process has written them', async () => {
      const epoch = await lease()
      await store.append({ session, expectedSeq: 0, epoch, events: [created(session, 1), notice(session, 2)] })
      expect(await other.tails(['ses_none', session])).toEqual(
        new Map([
          ['ses_none', 0],
          [session, 2],
        ]),
      )
      expect(await other.tails([])).toEqual(new Map())
    })

    test('an unknown session is empty', async () => {
      expect(await store.tail('ses_none')).toBe(0)
      expect(await store.read({ session: 'ses_none', after: 0, limit: 10 })).toEqual([])
      expect(await store.find('ses_none')).toBeUndefined()
      await store.remove('ses_none')
    })

    test('reads pages after a seq, limited in number', async () => {
      const epoch = await lease()
      await store.append({ session, expectedSeq: 0, epoch, events: notices(session, 1, 10) })
      expect(await seqs(0, 4)).toEqual([1, 2, 3, 4])
      expect(await seqs(4, 4)).toEqual([5, 6, 7, 8])
      expect(await seqs(8, 4)).toEqual([9, 10])
      expect(await seqs(10, 4)).toEqual([])
      expect(await seqs(99, 4)).toEqual([])
    })

    test('reads pages limited in bytes, yet an event larger than the limit alone', async () => {
      const epoch = await lease()
      const events = [1, 2, 3, 4].map((seq) =>
        notice(session, seq, 'x'.repeat(seq === 3 ? readBytesMax + 1 : readBytesMax / 2)),
      )
      await store.append({ session, expectedSeq: 0, epoch, events })
      const pages: number[][] = []
      for (let after = 0; after < 4; after = pages.at(-1)?.at(-1) ?? 4) pages.push(await seqs(after))
      expect(pages.flat()).toEqual([1, 2, 3, 4])
      expect(pages.length).toBeGreaterThan(1)
      expect(await seqs(2)).toEqual([3])
    })

    test('refuses an append that expects another end of the log', async () => {
      const epoch = await lease()
      await store.append({ session, expectedSeq: 0, epoch, events: notices(session, 1, 2) })
      for (const expectedSeq of [0, 1, 3]) {
        const events = notices(session, expectedSeq + 1, 1)
        await expect(store.append({ session, expectedSeq, epoch, events })).rejects.toBeInstanceOf(Fenced)
      }
      expect(await seqs(0)).toEqual([1, 2])
    })

    test('refuses an append without a lease, and with an epoch that was never given', async () => {
      await expect(
        store.append({ session, expectedSeq: 0, epoch: 1, events: notices(session, 1, 1) }),
      ).rejects.toBeInstanceOf(Fenced)
      const epoch = await lease()
      await expect(
        store.append({ session, expectedSeq: 0, epoch: epoch + 1, events: notices(session, 1, 1) }),
      ).rejects.toBeInstanceOf(Fenced)
      expect(await store.tail(session)).toBe(0)
    })

    test('a refused append of several events writes none of them, and no summary', async () => {
      const epoch = await lease()
      await store.append({ session, expectedSeq: 0, epoch, ...opening(session) })
      const renamed = { ...opening(session, 'renamed').summary }
      const late = { session, expectedSeq: 0, epoch, events: notices(session, 1, 3), summary: renamed }
      await expect(store.append(late)).rejects.toBeInstanceOf(Fenced)
      expect(await store.tail(session)).toBe(1)
      expect((await store.find(session))?.summary.title).toBe('title')
    })

    test('of two writers with the same epoch and seq exactly one wins each place', async () => {
      const epoch = await lease()
      const race = [store, other].flatMap((writer) =>
        Array.from({ length: 20 }, (_, index) =>
          writer.append({ session, expectedSeq: index, epoch, events: notices(session, index + 1, 1) }),
        ),
      )
      const outcomes = await Promise.allSettled(race)
      const tail = await store.tail(session)
      expect(outcomes.filter(({ status }) => status === 'fulfilled')).toHaveLength(tail)
      expect(await seqs(0)).toEqual(Array.from({ length: tail }, (_, index) => index + 1))
    })

    test('keeps a lease from others until it expires, and fences its holder after a takeover', async () => {
      const first = await lease()
      expect(await other.acquire({ session, owner: 'two', ttlMs })).toBeUndefined()
      time += ttlMs - 1
      expect(await other.acquire({ session, owner: 'two', ttlMs })).toBeUndefined()
      time += 1
      const second = await other.acquire({ session, owner: 'two', ttlMs })
      expect(second).toBeGreaterThan(first)
      const events = notices(session, 1, 1)
      await expect(store.append({ session, expectedSeq: 0, epoch: first, events })).rejects.toBeInstanceOf(Fenced)
      await other.append({ session, expectedSeq: 0, epoch: second ?? 0, events })
    })

    test('an expired lease that nobody took still lets its holder write', async () => {
      const epoch = await lease()
      time += ttlMs * 10
      await store.append({ session, expectedSeq: 0, epoch, events: notices(session, 1, 1) })
      expect(await store.tail(session)).toBe(1)
    })

    test('an owner takes its own lease again at once, with a new epoch', async () => {
      const first = await lease()
      const second = await other.acquire({ session, owner: 'one', ttlMs })
      expect(second).toBe(first + 1)
    })

    test('renewing keeps a lease, and names only those that are still held', async () => {
      await lease('ses_a')
      await lease('ses_b')
      const released = await lease('ses_c')
      await store.release({ session: 'ses_c', epoch: released })
      time += ttlMs - 1
      const sessions = ['ses_a', 'ses_c', 'ses_unknown']
      expect(await store.renew({ owner: 'one', sessions, ttlMs })).toEqual(['ses_a'])
      expect(await store.renew({ owner: 'two', sessions, ttlMs })).toEqual([])
      time += 1
      expect(await other.acquire({ session: 'ses_a', owner: 'two', ttlMs })).toBeUndefined()
      expect(await other.acquire({ session: 'ses_b', owner: 'two', ttlMs })).toBe(2)
      expect(await store.renew({ owner: 'one', sessions: ['ses_a', 'ses_b'], ttlMs })).toEqual(['ses_a'])
    })

    test('a released lease is free, but an old epoch cannot release a newer one', async () => {
      const first = await lease()
      await store.release({ session, epoch: first })
      const second = await other.acquire({ session, owner: 'two', ttlMs })
      expect(second).toBe(first + 1)
      await store.release({ session, epoch: first })
      expect(await store.acquire({ session, owner: 'one', ttlMs })).toBeUndefined()
    })

    test('the summary is written with the events that change it, and the lease shows in its row', async () => {
      const epoch = await lease()
      const { events, summary } = opening(session)
      await store.append({ session, expectedSeq: 0, epoch, events, summary })
      expect(await other.find(session)).toEqual({ summary, leasedBy: 'one' })
      time += ttlMs
      expect(await other.find(session)).toEqual({ summary })
      await store.append({ session, expectedSeq: 1, epoch, events: notices(session, 2, 1) })
      expect((await other.find(session))?.summary).toEqual(summary)
    })

    test('lists newest first, page by page, without closed sessions', async () => {
      const ids = Array.from({ length: 7 }, (_, index) => `ses_${index}`)
      for (const [index, id] of ids.entries()) await open(id, `title ${index}`, index < 4 ? index : 4)
      const closed = { ...opening('ses_x').summary, closed: true }
      await store.append({
        session: 'ses_x',
        expectedSeq: 0,
        epoch: await lease('ses_x'),
        events: [created('ses_x', 1)],
        summary: closed,
      })
      const first = await store.list({ limit: 4 })
      const last = first.at(-1)?.summary
      const rest = await store.list({ limit: 4, ...(last && { before: { createdAt: last.createdAt, id: last.id } }) })
      expect([...first, ...rest].map(({ summary }) => summary.id)).toEqual([...ids].reverse())
    })

    test('finds by a part of the title or the workspace in any case, taking no character for a pattern', async () => {
      await open('ses_1', 'Größe 100%', 1)
      await open('ses_2', 'other_thing', 2)
      const found = async (search: string) => (await store.list({ limit: 9, search })).map(({ summary }) => summary.id)
      expect(await found('GRÖ')).toEqual(['ses_1'])
      expect(await found('%')).toEqual(['ses_1'])
      expect(await found('r_t')).toEqual(['ses_2'])
      expect(await found('/PROJECTS/')).toEqual(['ses_2', 'ses_1'])
      expect(await found("' OR 1=1 --")).toEqual([])
    })

    test('names the sessions that need work at start', async () => {
      await open('ses_idle', 'a', 1)
      const running: SessionSummary = { ...opening('ses_run').summary, run: { id: 'run_1', status: 'running' } }
      const closed: SessionSummary = { ...opening('ses_closed').summary, closed: true }
      for (const summary of [running, closed]) {
        const epoch = await lease(summary.id)
        await store.append({ session: summary.id, expectedSeq: 0, epoch, events: [created(summary.id, 1)], summary })
      }
      const ids = (await store.unsettled()).map(({ summary }) => summary.id)
      expect(ids.sort()).toEqual(['ses_closed', 'ses_run'])
    })

    test('removes a session of thousands of events and nothing of its neighbours', async () => {
      await open('ses_b', 'neighbour', 1)
      const epoch = await lease()
      await store.append({ session, expectedSeq: 0, epoch, ...opening(session) })
      await store.append({ session, expectedSeq: 1, epoch, events: notices(session, 2, 2_500) })
      await store.remove(session)
      expect(await store.tail(session)).toBe(0)
      expect(await store.find(session)).toBeUndefined()
      expect(await store.tail('ses_b')).toBe(1)
      await expect(
        store.append({ session, expectedSeq: 0, epoch, events: notices(session, 1, 1) }),
      ).rejects.toBeInstanceOf(Fenced)
    })

    async function open(id: string, title: string, createdAt: number) {
      await store.append({ session: id, expectedSeq: 0, epoch: await lease(id), ...opening(id, title, createdAt) })
    }
  })
}

function opening(session: string, title = 'title', createdAt = 0) {
  const event = created(session, 1, title, createdAt)
  return { events: [event], summary: summarise(undefined, event) }
}

function created(sessionId: string, seq: number, title = 'title', createdAt = 0): StoredEvent {
  const data = { workspace: '/projects/a', scratch: false, sandbox: 'auto' as const, title }
  return { v: eventVersion, seq, sessionId, time: new Date(createdAt).toISOString(), type: 'session.created', data }
}

function notices(session: string, from: number, count: number): StoredEvent[] {
  return Array.from({ length: count }, (_, index) => notice(session, from + index))
}

function notice(sessionId: string, seq: number, message = `event ${seq}`): StoredEvent {
  const data = { code: 'test', message }
  return { v: eventVersion, seq, sessionId, runId: 'run_1', time: new Date(seq).toISOString(), type: 'notice', data }
}
