import fc from 'fast-check'
import { expect, test } from 'vitest'
import { parseChatRequest } from '../scripted-model/request.js'
import { enforceRules } from '../scripted-model/rules/rules.js'
import { type LogEvent, modelNotices, toMessages, validateHistory } from './index.js'

const options = { thinking: true, images: false }
const usage = { input: 1, output: 1, reasoning: 0, cacheHit: 0, cacheMiss: 1 }

const text = (said: string) => [{ type: 'text' as const, text: said }]

function input(inputId: string, said: string, delivery: 'start' | 'steer' | 'queue' = 'start'): LogEvent {
  return { type: 'input.admitted', data: { inputId, delivery, content: text(said) } }
}

function step(stepId: string, events: LogEvent[]): LogEvent[] {
  return [
    { type: 'step.started', data: { model: 'm', attempt: 1 } } as const,
    ...events,
    { type: 'step.finished', data: { finishReason: 'stop', usage, cost: null } } as const,
  ].map((event) => ({ ...event, runId: 'run', stepId }))
}

const said = (words: string): LogEvent => ({ type: 'text.finished', data: { text: words } })
const thought = (words: string): LogEvent => ({ type: 'reasoning.finished', data: { text: words } })
const called = (callId: string, args = '{}'): LogEvent => ({
  type: 'tool.called',
  data: { callId, name: 'tool', arguments: args },
})
const started = (callId: string): LogEvent => ({ type: 'tool.started', data: { callId, key: `key/${callId}` } })
const finished = (callId: string, result = 'ok'): LogEvent => ({
  type: 'tool.finished',
  data: { callId, ok: true, content: text(result), meta: {} },
})
const run = (inputId?: string): LogEvent => ({ type: 'run.started', runId: 'run', data: inputId ? { inputId } : {} })

test('an input is said when its run starts, not when it is admitted', () => {
  const log = [input('a', 'first'), run('a'), input('b', 'second', 'queue'), ...step('s1', [said('Answer.')])]
  expect(toMessages(log, options)).toEqual([
    { role: 'user', content: 'first' },
    { role: 'assistant', content: 'Answer.' },
  ])
  expect(toMessages([...log, run('b')], options).at(-1)).toEqual({ role: 'user', content: 'second' })
})

test('a steering input is said before the next step, after the results of the step it came into', () => {
  const log = [
    input('a', 'first'),
    run('a'),
    ...step('s1', [called('c1')]),
    input('b', 'not that', 'steer'),
    finished('c1'),
    ...step('s2', [said('Sorry.')]),
  ]
  expect(toMessages(log, options).map(({ role, content }) => [role, content])).toEqual([
    ['user', 'first'],
    ['assistant', ''],
    ['tool', 'ok'],
    ['user', 'not that'],
    ['assistant', 'Sorry.'],
  ])
})

test('a discarded step and an unfinished one leave no trace', () => {
  const whole = step('s1', [thought('hm'), said('half'), called('c1')])
  const discarded: LogEvent = { type: 'step.discarded', runId: 'run', stepId: 's2', data: { reason: 'cut' } }
  const log = [input('a', 'go'), run('a'), ...step('s2', [said('no')]).slice(0, -1), discarded, ...whole.slice(0, -1)]
  expect(toMessages(log, options)).toEqual([{ role: 'user', content: 'go' }])
})

test('events of another step that come in between belong to none', () => {
  const [first, ...rest] = step('s1', [said('mine'), called('c1')])
  const foreign = { ...said('not mine'), runId: 'run', stepId: 's0' }
  const log = [input('a', 'go'), run('a'), ...(first ? [first] : []), foreign, ...rest]
  expect(toMessages(log, options)[1]).toMatchObject({ content: 'mine' })
})

test('what was reverted is gone, and what came after the return counts', () => {
  const log = [
    input('a', 'go'),
    run('a'),
    ...step('s1', [said('Wrong.')]),
    { type: 'session.reverted', data: { seq: 2 } } as const,
    ...step('s2', [said('Right.')]),
  ].map((event, index) => ({ ...event, seq: index + 1 }))
  expect(toMessages(log, options).map(({ content }) => content)).toEqual(['go', 'Right.'])
})

test('calls of a run that was cancelled, crashed or limited get the result that fits', () => {
  const calls = [called('c1'), called('c2'), called('c3')]
  const log = [input('a', 'go'), run('a'), ...step('s1', calls), started('c1'), finished('c1'), ownStart('c2')]
  const results = (tail: LogEvent[]) =>
    toMessages([...log, ...tail], options).flatMap(({ role, content }) => (role === 'tool' ? [content] : []))
  expect(results([])).toEqual([
    'ok',
    'Outcome unknown after a restart: verify before repeating.',
    'Not run: the run ended before this call was started.',
  ])
  expect(results([{ type: 'run.cancelled', runId: 'run', data: {} }])[1]).toMatch(/^Cancelled while it ran/)
})

function ownStart(callId: string): LogEvent {
  return { ...started(callId), runId: 'run', stepId: 's1' }
}

test('a result that comes after the model was told otherwise changes nothing', () => {
  const log = [input('a', 'go'), run('a'), ...step('s1', [called('c1')]), ...step('s2', [said('Went on.')])]
  expect(toMessages([...log, finished('c1', 'late')], options)).toEqual(toMessages(log, options))
})

test('arguments that are no JSON object go back as an empty one', () => {
  const log = [
    input('a', 'go'),
    run('a'),
    ...step('s1', [called('c1', '{"cut": "of'), called('c2', '[1]')]),
    finished('c1'),
  ]
  const assistant = toMessages(log, options)[1]
  expect(assistant).toMatchObject({
    tool_calls: [{ function: { arguments: '{}' } }, { function: { arguments: '{}' } }],
  })
})

test('images go to a model that sees and are notes for one that does not', () => {
  const image = { type: 'image' as const, data: 'aGk=', mimeType: 'image/png' }
  const log: LogEvent[] = [
    { type: 'input.admitted', data: { inputId: 'a', delivery: 'start', content: [...text('Look:'), image] } },
    run('a'),
    ...step('s1', [called('c1')]),
    { type: 'tool.finished', data: { callId: 'c1', ok: true, content: [image], meta: {} } },
  ]
  const seen = toMessages(log, { thinking: false, images: true })
  expect(seen[0]).toMatchObject({ content: [{ type: 'text' }, { type: 'image_url' }] })
  expect(seen.map(({ role }) => role)).toEqual(['user', 'assistant', 'tool', 'user'])
  const unseen = toMessages(log, options)
  expect(unseen.map(({ role }) => role)).toEqual(['user', 'assistant', 'tool'])
  expect(unseen[0]?.content).toBe('Look:\n\n[an image that this model cannot see: image/png]')
})

/** One thing that happens in a session; call and step ids count on, as the loop makes them. */
const happening = fc.oneof(
  fc.record({ kind: fc.constant('input' as const), delivery: fc.constantFrom('start', 'steer', 'queue', 'interrupt') }),
  fc.record({ kind: fc.constant('run' as const), end: fc.constantFrom('finished', 'failed', 'cancelled', 'none') }),
  fc.record({
    kind: fc.constant('step' as const),
    text: fc.constantFrom('', 'words', 'ünïcode 🙂'),
    reasoning: fc.constantFrom('', 'because'),
    end: fc.constantFrom('finished', 'finished', 'discarded', 'none'),
    calls: fc.array(
      fc.record({
        name: fc.constantFrom('tool', 'bad name!', '', 'x'.repeat(80)),
        arguments: fc.constantFrom('{}', '{"a":1}', '', '{"a":', '[]', '"text"', 'null'),
        fate: fc.constantFrom('unstarted', 'started', 'finished', 'corrected', 'late'),
      }),
      { maxLength: 4 },
    ),
  }),
  fc.record({ kind: fc.constant('nudge' as const) }),
  fc.record({ kind: fc.constant('revert' as const), share: fc.double({ min: 0, max: 1, noNaN: true }) }),
)

type Happening = typeof happening extends fc.Arbitrary<infer Value> ? Value : never

function logOf(happenings: readonly Happening[]): LogEvent[] {
  const log: LogEvent[] = []
  let ids = 0
  let waiting: string | undefined
  const add = (event: LogEvent) => log.push({ ...event, runId: 'run', seq: log.length + 1 })
  for (const each of happenings) {
    ids += 1
    if (each.kind === 'input') {
      waiting = `input-${ids}`
      add({ type: 'input.admitted', data: { inputId: waiting, delivery: each.delivery, content: text(`say ${ids}`) } })
    } else if (each.kind === 'run') {
      if (each.end === 'failed') add({ type: 'run.failed', data: { code: 'x', message: 'x' } })
      if (each.end === 'cancelled') add({ type: 'run.cancelled', data: {} })
      if (each.end === 'finished') add({ type: 'run.finished', data: { status: 'completed', usage, cost: null } })
      add({ type: 'run.started', data: waiting === undefined ? {} : { inputId: waiting } })
    } else if (each.kind === 'nudge') {
      add({ type: 'notice', data: { code: modelNotices.nudge, message: 'Go on.' } })
    } else if (each.kind === 'revert') {
      add({ type: 'session.reverted', data: { seq: Math.ceil(each.share * log.length) } })
    } else {
      for (const event of stepOf(each, ids)) add(event)
    }
  }
  return log
}

function stepOf(each: Extract<Happening, { kind: 'step' }>, id: number): LogEvent[] {
  const stepId = `step-${id}`
  const calls = each.calls.map((call, index) => ({ ...call, callId: `call-${id}-${index}` }))
  const own: LogEvent[] = [
    { type: 'step.started', data: { model: 'm', attempt: 1 } },
    ...(each.reasoning ? [thought(each.reasoning)] : []),
    ...(each.text ? [said(each.text)] : []),
    ...calls.map(
      ({ callId, name, arguments: args }): LogEvent => ({
        type: 'tool.called',
        data: { callId, name, arguments: args },
      }),
    ),
    ...(each.end === 'finished'
      ? [{ type: 'step.finished', data: { finishReason: 'stop', usage, cost: null } } as const]
      : []),
    ...(each.end === 'discarded' ? [{ type: 'step.discarded', data: { reason: 'cut' } } as const] : []),
  ]
  const after = calls.flatMap(({ callId, fate }): LogEvent[] => {
    if (fate === 'unstarted') return []
    if (fate === 'started' || fate === 'late') return [started(callId)]
    if (fate === 'finished') return [started(callId), finished(callId)]
    return [
      started(callId),
      { type: 'tool.corrected', data: { callId, arguments: '{"right":true}' } },
      finished(callId),
    ]
  })
  return [...own, ...after].map((event) => ({ ...event, stepId }))
}

test('any log, cut anywhere and with any event missing, makes a request that the endpoint takes', () => {
  fc.assert(
    fc.property(
      fc.array(happening, { maxLength: 14 }),
      fc.boolean(),
      fc.double({ min: 0, max: 1, noNaN: true }),
      fc.option(fc.nat(60)),
      (happenings, thinking, share, missing) => {
        const whole = logOf(happenings)
        const log = whole.slice(0, Math.ceil(share * whole.length)).filter((_, index) => index !== missing)
        const messages = toMessages(log, { thinking, images: false })
        expect(validateHistory(messages, { thinking })).toEqual([])
        checkByEndpoint(messages, thinking)
      },
    ),
  )
})

/** Throws when the scripted model, which was written without a look at this code, breaks a rule over the messages. */
function checkByEndpoint(messages: readonly unknown[], thinking: boolean): void {
  const body = {
    model: 'deepseek-flash',
    messages: [...messages, { role: 'user', content: 'And now?' }],
    thinking: { type: thinking ? 'enabled' : 'disabled' },
  }
  enforceRules(parseChatRequest(body), {})
}

test('a request only grows: what was sent at one step is how the next one begins', () => {
  fc.assert(
    fc.property(fc.array(happening, { maxLength: 14 }), (happenings) => {
      const log = logOf(happenings.filter(({ kind }) => kind !== 'revert'))
      const requests = log.flatMap((event, index) =>
        event.type === 'step.started' ? [toMessages(log.slice(0, index + 1), options)] : [],
      )
      for (const [index, request] of requests.entries()) {
        const next = requests[index + 1]
        if (next) expect(next.slice(0, request.length)).toEqual(request)
      }
    }),
  )
})
