import type { JSONRPCMessage } from '@modelcontextprotocol/server'
import { describe, expect, it } from 'vitest'
import { createEventStore, eventCharsKeptMax, eventsKeptMax } from './event-store.js'

const message = (text: string): JSONRPCMessage => ({ jsonrpc: '2.0', method: 'note', params: { text } })

function createStore() {
  const store = createEventStore()
  return {
    store: (stream: string, text: string) => store.storeEvent(stream, message(text)),
    streamOf: (id: string) => store.getStreamIdForEventId?.(id),
    async replay(after: string) {
      const sent: JSONRPCMessage[] = []
      const stream = await store.replayEventsAfter(after, { send: async (_, each) => void sent.push(each) })
      return { stream, sent }
    },
  }
}

describe('the events of a session', () => {
  it('are replayed after the last one seen, in order, of its stream alone', async () => {
    const { store, replay, streamOf } = createStore()
    const first = await store('a', 'one')
    await store('b', 'other')
    await store('a', 'two')
    const last = await store('a', 'three')
    expect(await replay(first)).toEqual({ stream: 'a', sent: [message('two'), message('three')] })
    expect(await replay(last)).toEqual({ stream: 'a', sent: [] })
    expect(await streamOf(first)).toBe('a')
  })

  it('have ids of their own, also when they are the same', async () => {
    const { store } = createStore()
    const ids = [await store('a', 'x'), await store('a', 'x'), await store('b', 'x')]
    expect(new Set(ids).size).toBe(3)
  })

  it('are not guessed at when the last one seen is unknown', async () => {
    const { store, replay, streamOf } = createStore()
    await store('a', 'one')
    await expect(replay('7-a')).rejects.toThrow('7-a is not kept any more')
    expect(await streamOf('7-a')).toBeUndefined()
  })

  it('are bounded in number: the oldest go first', async () => {
    const { store, replay } = createStore()
    const first = await store('a', 'first')
    const second = await store('a', 'second')
    for (let index = 2; index <= eventsKeptMax; index += 1) await store('a', String(index))
    await expect(replay(first)).rejects.toThrow(/not kept/)
    expect((await replay(second)).sent).toHaveLength(eventsKeptMax - 1)
  })

  it('are bounded in size', async () => {
    const { store, replay } = createStore()
    const first = await store('a', 'first')
    const half = 'x'.repeat(eventCharsKeptMax / 2)
    const second = await store('a', half)
    const third = await store('a', half)
    await expect(replay(first)).rejects.toThrow(/not kept/)
    await expect(replay(second)).rejects.toThrow(/not kept/)
    expect((await replay(third)).sent).toEqual([])
  })

  it('include the newest, however large', async () => {
    const { store, replay } = createStore()
    const huge = await store('a', 'x'.repeat(eventCharsKeptMax * 2))
    expect((await replay(huge)).stream).toBe('a')
    await store('a', 'small')
    await expect(replay(huge)).rejects.toThrow(/not kept/)
  })
})
