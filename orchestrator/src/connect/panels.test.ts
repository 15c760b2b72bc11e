import { expect, test } from 'vitest'
import { nothingKnown, openBoard } from './board.fixture.js'

const { signal } = new AbortController()

test('a call answers with what it has changed in the panel of its server', async () => {
  const { call } = await openBoard()
  const { ok, text, panel } = await call('write', { text: 'one' })
  expect({ ok, text }).toEqual({ ok: true, text: 'written for session\nreplaced board' })
  expect(panel).toEqual({
    id: 'board',
    revision: 1,
    state: { text: 'one', revision: 1 },
    changes: [{ kind: 'replaced', key: 'board', text: 'one' }],
  })
  expect((await call('scribble', { text: 'two' })).panel).toBeUndefined()
})

test('a read tells what changed without a call, once', async () => {
  const { call, tools } = await openBoard()
  expect(await tools.readPanels({ ...nothingKnown, signal })).toMatchObject({
    results: [{ changes: [] }],
    problems: [],
  })
  await call('scribble', { text: 'two' })
  const { results } = await tools.readPanels({ ...nothingKnown, signal })
  expect(results).toMatchObject([{ id: 'board', revision: 1, changes: [{ text: 'two' }] }])
  const panels = [{ id: 'board', since: 1, state: results[0]?.state }]
  expect((await tools.readPanels({ branch: 0, panels, signal })).results).toMatchObject([{ changes: [] }])
})

test('a server that died is started again, and goes on from the state that it is given', async () => {
  const { call, tools } = await openBoard()
  const { panel } = await call('write', { text: 'one' })
  const panels = [{ id: 'board', since: 1, state: panel?.state }]
  expect(await call('leave', {})).toMatchObject({ ok: false, panel: undefined })
  expect(await tools.readPanels({ branch: 0, panels, signal })).toMatchObject({
    results: [{ revision: 1, state: { text: 'one' }, changes: [] }],
  })
  await call('leave', {})
  expect((await call('write', { text: 'two' }, { branch: 0, panels })).panel?.revision).toBe(2)
})

test('another branch of the session is another conversation', async () => {
  const { call } = await openBoard()
  const { panel } = await call('write', { text: 'one' })
  await call('write', { text: 'given up' })
  const panels = [{ id: 'board', since: 1, state: panel?.state }]
  const other = await call('write', { text: 'two' }, { branch: 1, panels })
  expect(other).toMatchObject({ text: 'written for session/1\nreplaced board', panel: { revision: 2 } })
})

test('a panel that cannot be read is a problem with its reason, and tools go on', async () => {
  const { call, tools } = await openBoard()
  await call('scribble', { text: 'trouble' })
  const { results, problems } = await tools.readPanels({ ...nothingKnown, signal })
  expect(results).toEqual([])
  expect(problems).toEqual([{ panel: 'board', message: expect.stringContaining('the board is broken') }])
  expect((await call('write', { text: 'better' })).ok).toBe(true)
})

test('a read without an answer ends when the run is cancelled', async () => {
  const { call, tools } = await openBoard()
  await call('scribble', { text: 'silence' })
  const abort = new AbortController()
  const read = tools.readPanels({ ...nothingKnown, signal: abort.signal })
  abort.abort(new Error('enough'))
  await expect(read).rejects.toThrow('enough')
})
