import type { PanelChange } from '@auroracoder/kit/wire'
import { expect, test } from 'vitest'
import type { Usage } from '../../events/index.js'
import { type LogEvent, modelNotices } from '../index.js'
import { cacheColdMs, dueEpoch } from './epoch.js'

const usage = { input: 1, output: 1, reasoning: 0, cacheHit: 0, cacheMiss: 1 }
const nowMs = Date.parse('2026-01-01T12:00:00Z')
const time = new Date(nowMs - 1_000).toISOString()

/** A model whose cached tokens cost a unit and the others `ratio` times as much. */
function priced(ratio: number | null) {
  const costOf = ({ cacheHit, cacheMiss }: Usage) => (ratio === null ? null : cacheHit + cacheMiss * ratio)
  return { id: 'm', thinking: false, images: false, contextTokens: 1_000_000, costOf }
}

function viewed(line: string, revision: string): PanelChange {
  const facts = { encoding: 'utf-8', eol: 'lf' as const, finalNewline: true }
  const view = {
    path: 'a.ts',
    revision,
    lineCount: 100,
    ...facts,
    ranges: [{ start: 1, lines: Array(100).fill(line) }],
  }
  return { kind: 'opened', key: 'a.ts', view }
}

function step(id: number, change: PanelChange, events: readonly LogEvent[] = []): LogEvent[] {
  const stepId = `s${id}`
  const callId = `c${id}`
  return [
    { type: 'step.started', stepId, time, data: { model: 'm', attempt: 1 } },
    { type: 'tool.called', stepId, data: { callId, name: 'read_file', arguments: '{"paths":["a.ts"]}' } },
    { type: 'step.finished', stepId, time, data: { finishReason: 'tool_calls', usage, cost: null } },
    ...events,
    { type: 'tool.started', stepId, data: { callId, key: callId } },
    { type: 'panel.changed', stepId, data: { panel: 'files', revision: id, changes: [change], callId } },
    { type: 'tool.finished', stepId, data: { callId, ok: true, content: [{ type: 'text', text: 'ok' }], meta: {} } },
  ]
}

/** The file was seen twice, the second time as another; 20 answers of words lie between. */
function twice(...after: LogEvent[]): LogEvent[] {
  const words = { type: 'text' as const, text: 'word '.repeat(4_000) }
  return [
    { type: 'notice', data: { code: modelNotices.system, message: 'Be good.', details: { nonce: 'c0ffee00' } } },
    ...step(1, viewed('old', '00000001')),
    { type: 'input.admitted', data: { inputId: 'i', delivery: 'start', content: [words] } },
    { type: 'run.started', data: { inputId: 'i' } },
    ...step(2, viewed('new', '00000002')),
    ...after,
  ]
}

test('what is stale is given back at once where it costs as much as anything', () => {
  expect(dueEpoch({ log: twice(), model: priced(1), nowMs })).toMatch(/out of date cost more/)
  expect(dueEpoch({ log: twice(), model: priced(null), nowMs })).toBeDefined()
})

test('it stays where cached tokens are cheap and much lies behind it', () => {
  expect(dueEpoch({ log: twice(), model: priced(50), nowMs })).toBeUndefined()
})

test('nothing is due while every view is true', () => {
  const log = twice().slice(0, 8)
  expect(dueEpoch({ log, model: priced(1), nowMs })).toBeUndefined()
  expect(dueEpoch({ log: [], model: priced(1), nowMs })).toBeUndefined()
})

test('after an epoch nothing is due until something changes', () => {
  const epoch: LogEvent = { type: 'epoch', data: { reason: 'test' } }
  expect(dueEpoch({ log: twice(epoch), model: priced(1), nowMs })).toBeUndefined()
  const data = { panel: 'files', revision: 3, changes: [{ kind: 'closed' as const, key: 'a.ts' }] }
  const closed: LogEvent = { type: 'panel.changed', data }
  expect(dueEpoch({ log: twice(epoch, closed), model: priced(1), nowMs })).toBeDefined()
})

test('a cold cache makes it free', () => {
  expect(dueEpoch({ log: twice(), model: priced(50), nowMs: nowMs + cacheColdMs })).toBeDefined()
})

test('a switch to another model makes it free', () => {
  expect(dueEpoch({ log: twice(), model: { ...priced(50), id: 'other' }, nowMs })).toBeDefined()
})
