import { applyChange, nothingShown, reconstruct, type Shown } from '@auroracoder/kit/panel'
import type { PanelResult } from '@auroracoder/kit/wire'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import type { EventDraft } from '../../events/index.js'
import { effectiveEvents, type LogEvent, modelNotices, toMessages, validateHistory } from '../index.js'
import { createDesk, type Desk } from './desk.fixture.js'
import { dueEpoch } from './epoch.js'
import { panelPositions } from './positions.js'
import { withoutGaps } from './reports.js'

const nonce = 'c0ffee00'
const usage = { input: 1, output: 1, reasoning: 0, cacheHit: 0, cacheMiss: 1 }
const policies = ['append', 'refresh', 'auto'] as const
const views = { thinking: false, images: false }

const path = fc.constantFrom('a.ts', 'b.ts', 'c | d.ts', '--- e')
const fileText = fc
  .record({
    lines: fc.array(fc.constantFrom('', 'one', 'two\t', '--- a.ts | 1 line', '@ deleted line 1', '3\tthree'), {
      maxLength: 8,
    }),
    end: fc.constantFrom('', '\n'),
  })
  .map(({ lines, end }) => (lines.length > 0 ? lines.join('\n') + end : ''))

const read = fc.record({
  kind: fc.constant('read' as const),
  path,
  start: fc.integer({ min: 1, max: 6 }),
  count: fc.constantFrom(1, 2, 100),
})
const close = fc.record({ kind: fc.constant('close' as const), path })
const outside = fc.record({ kind: fc.constant('outside' as const), path, text: fc.option(fileText) })
const call = fc.record({
  do: fc.oneof(
    read,
    close,
    fc.record({ kind: fc.constant('write' as const), path, text: fileText, how: fc.constantFrom('written', 'edited') }),
    fc.record({ kind: fc.constant('move' as const), path, to: path }),
    outside,
  ),
  fate: fc.constantFrom('answered', 'answered', 'answered', 'lost'),
})
/** Calls that only read and run side by side: they take effect in one order and answer in another. */
const sideBySide = fc.record({
  calls: fc.array(fc.record({ do: fc.oneof(read, close), fate: fc.constantFrom('answered', 'answered', 'lost') }), {
    minLength: 2,
    maxLength: 4,
  }),
  acts: fc.array(fc.nat(9), { minLength: 4, maxLength: 4 }),
  answers: fc.array(fc.nat(9), { minLength: 4, maxLength: 4 }),
})
const happening = fc.oneof(
  { weight: 6, arbitrary: fc.record({ kind: fc.constant('step' as const), calls: fc.array(call, { maxLength: 3 }) }) },
  { weight: 3, arbitrary: fc.record({ kind: fc.constant('reads' as const), group: sideBySide }) },
  { weight: 2, arbitrary: outside },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('failure' as const) }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('steer' as const) }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('input' as const) }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('restart' as const) }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('epoch' as const) }) },
)

type Happening = typeof happening extends fc.Arbitrary<infer Value> ? Value : never
type Call = typeof call extends fc.Arbitrary<infer Value> ? Value : never

interface Session {
  log: LogEvent[]
  desk: Desk
  /** Told at every model call. */
  onRequest(log: readonly LogEvent[], desk: Desk): void
  ids: number
}

/** Plays what happens as the loop does, with the real positions. */
function play(happenings: readonly Happening[], onRequest: Session['onRequest']): LogEvent[] {
  const session: Session = { log: [], desk: createDesk(), onRequest, ids: 0 }
  for (const [index, name] of ['a.ts', 'b.ts'].entries()) session.desk.disk.set(name, `first\nsecond ${index}\nthird\n`)
  add(session, { type: 'notice', data: { code: modelNotices.system, message: 'Be good.', details: { nonce } } })
  add(session, { type: 'notice', data: { code: modelNotices.workspace, message: 'Files: some.' } })
  say(session)
  for (const each of happenings) happen(session, each)
  ask(session)
  return session.log
}

function happen(session: Session, each: Happening): void {
  switch (each.kind) {
    case 'outside':
      writeOutside(session.desk, each)
      break
    case 'restart':
      session.desk.restart(panelPositions(session.log)[0]?.state)
      break
    case 'epoch':
      add(session, { type: 'epoch', data: { reason: 'a test' } })
      break
    case 'steer':
      add(session, input(session, 'steer'))
      break
    case 'input':
      say(session)
      break
    case 'failure':
      add(session, { type: 'step.discarded', stepId: ask(session), data: { reason: 'cut' } })
      break
    case 'step':
      callInTurn(session, each.calls)
      break
    case 'reads':
      callSideBySide(session, each.group)
  }
}

function callInTurn(session: Session, calls: readonly Call[]): void {
  const { stepId, ids } = answer(session, calls)
  for (const [index, made] of calls.entries()) {
    const callId = ids[index] ?? ''
    begin(session, { stepId, callId })
    end(session, { stepId, callId, report: act(session.desk, made.do), isLost: made.fate === 'lost' })
  }
}

function callSideBySide(session: Session, group: Extract<Happening, { kind: 'reads' }>['group']): void {
  const { stepId, ids } = answer(session, group.calls)
  for (const callId of ids) begin(session, { stepId, callId })
  const made = group.calls.map((each, index) => ({ ...each, index, callId: ids[index] ?? '' }))
  const done = inOrder(made, group.acts).map((each) => ({ ...each, report: act(session.desk, each.do) }))
  for (const { callId, report, fate } of inOrder(done, group.answers)) {
    end(session, { stepId, callId, report, isLost: fate === 'lost' })
  }
}

function inOrder<T extends { index: number }>(items: readonly T[], ranks: readonly number[]): T[] {
  return items.toSorted((a, b) => (ranks[a.index] ?? 0) - (ranks[b.index] ?? 0))
}

/** The panels are read, then the model is called. */
function ask(session: Session): string {
  const known = panelPositions(session.log)[0]
  const reading = session.desk.panelRead(known?.since ?? 0)
  if (reading.changes.length > 0 || reading.revision !== (known?.since ?? 0)) {
    add(session, { type: 'panel.changed', data: { panel: 'files', ...reading } })
  }
  session.ids += 1
  const stepId = `step-${session.ids}`
  add(session, { type: 'step.started', stepId, data: { model: 'm', attempt: 1 } })
  session.onRequest(session.log, session.desk)
  return stepId
}

/** The model answers with these calls, or with words. */
function answer(session: Session, calls: readonly Call[]): { stepId: string; ids: string[] } {
  const stepId = ask(session)
  if (calls.length === 0) add(session, { type: 'text.finished', stepId, data: { text: 'Words.' } })
  const ids = calls.map((made, index) => {
    const callId = `${stepId}-${index}`
    const args = made.do.kind === 'write' ? { path: made.do.path, content: made.do.text } : { path: made.do.path }
    add(session, { type: 'tool.called', stepId, data: { callId, name: made.do.kind, arguments: JSON.stringify(args) } })
    return callId
  })
  add(session, { type: 'step.finished', stepId, data: { finishReason: 'stop', usage, cost: null } })
  return { stepId, ids }
}

function begin(session: Session, { stepId, callId }: { stepId: string; callId: string }): void {
  add(session, { type: 'tool.started', stepId, data: { callId, key: callId } })
}

/** A lost answer leaves no report: the call was cancelled, or its server died after it had taken effect. */
function end(
  session: Session,
  options: { stepId: string; callId: string; report: PanelResult | undefined; isLost: boolean },
): void {
  const { stepId, callId, report, isLost } = options
  if (report && !isLost) {
    const { id: panel, revision, changes, state } = report
    add(session, { type: 'panel.changed', stepId, data: { panel, revision, changes, state, callId } })
  }
  const content = [{ type: 'text' as const, text: isLost ? 'Cancelled.' : 'Done.' }]
  add(session, { type: 'tool.finished', stepId, data: { callId, ok: !isLost, content, meta: {} } })
}

function act(desk: Desk, made: Call['do']): PanelResult | undefined {
  switch (made.kind) {
    case 'read':
      return desk.read(made.path, made)
    case 'close':
      return desk.close(made.path)
    case 'write':
      return desk.write(made.path, made.text, made.how === 'written' ? 'written' : 'edited')
    case 'move':
      return desk.move(made.path, made.to)
    case 'outside':
      writeOutside(desk, made)
      return undefined
  }
}

function writeOutside({ disk }: Desk, { path, text }: { path: string; text: string | null }): void {
  if (text === null) disk.delete(path)
  else disk.set(path, text)
}

function say(session: Session): void {
  const admitted = input(session, 'start')
  add(session, admitted)
  add(session, { type: 'run.started', data: { inputId: admitted.data.inputId } })
}

function input(session: Session, delivery: 'start' | 'steer') {
  session.ids += 1
  const content = [{ type: 'text' as const, text: `Say ${session.ids}.` }]
  return { type: 'input.admitted' as const, data: { inputId: `input-${session.ids}`, delivery, content } }
}

function add({ log }: Session, event: EventDraft): void {
  log.push({ ...event, runId: 'run', seq: log.length + 1 })
}

/** What all reported changes come to. */
function foldOf(log: readonly LogEvent[]): Shown {
  const reports = withoutGaps(effectiveEvents(log)).flatMap((event) =>
    event.type === 'panel.changed' ? event.data.changes : [],
  )
  return reports.reduce(applyChange, nothingShown)
}

const sessions = fc.array(happening, { maxLength: 16 })

test.each(policies)('at every model call the model can read what is on disk (%s)', (panelPolicy) => {
  let requests = 0
  fc.assert(
    fc.property(sessions, (happenings) => {
      play(happenings, (log, desk) => {
        requests += 1
        const messages = toMessages(log, { ...views, panelPolicy })
        expect(desk.problems(reconstruct(messages, nonce))).toEqual([])
        expect(validateHistory(messages, views)).toEqual([])
      })
    }),
  )
  expect(requests).toBeGreaterThan(600)
})

test.each(policies)('a log cut anywhere shows what its changes come to (%s)', (panelPolicy) => {
  fc.assert(
    fc.property(sessions, fc.double({ min: 0, max: 1, noNaN: true }), (happenings, share) => {
      const whole = play(happenings, () => {})
      const log = whole.slice(0, Math.ceil(share * whole.length))
      expect(reconstruct(toMessages(log, { ...views, panelPolicy }), nonce)).toEqual(foldOf(log))
    }),
  )
})

test('calls that ran side by side each show their own views, whichever answered first', () => {
  const read = (path: 'a.ts' | 'b.ts') => ({
    do: { kind: 'read' as const, path, start: 1, count: 100 as const },
    fate: 'answered' as const,
  })
  const group = { calls: [read('a.ts'), read('b.ts')], acts: [0, 1, 2, 3], answers: [1, 0, 2, 3] }
  const log = play([{ kind: 'reads', group }], () => {})
  const results = toMessages(log, views).flatMap(({ role, content }) => (role === 'tool' ? [content] : []))
  expect(results).toEqual([expect.stringContaining('--- a.ts'), expect.stringContaining('--- b.ts')])
  expect(log.filter(({ type }) => type === 'panel.changed')).toHaveLength(2)
})

test('changes are read in the order in which they were made, whatever the order of their calls', () => {
  const read = {
    do: { kind: 'read' as const, path: 'a.ts' as const, start: 1, count: 100 as const },
    fate: 'answered' as const,
  }
  const close = { do: { kind: 'close' as const, path: 'a.ts' as const }, fate: 'answered' as const }
  const group = { calls: [close, read], acts: [1, 0, 2, 3], answers: [0, 1, 2, 3] }
  const log = play([{ kind: 'reads', group }], () => {})
  const results = toMessages(log, views).flatMap(({ role, content }) => (role === 'tool' ? [content] : []))
  expect(results).toEqual(['Done.', expect.stringMatching(/^Done\.\n--- a\.ts.*\n\*\*\* a\.ts is closed/s)])
})

test('what a call wrote is shown in full where the call itself cannot be shown', () => {
  const written = createDesk().write('a.ts', 'one\ntwo\n', 'written')
  const log = play([], () => {})
  const data = { panel: 'files', revision: 1, changes: written?.changes ?? [], callId: 'unknown' }
  log.push({ type: 'panel.changed', data })
  for (const panelPolicy of policies) {
    const shown = reconstruct(toMessages(log, { ...views, panelPolicy }), nonce)
    expect([...(shown.get('a.ts')?.lines.values() ?? [])]).toEqual(['one', 'two'])
  }
})

const longText = Array.from({ length: 40 }, (_, index) => `line ${index + 1} of what the model wrote\n`).join('')
const wrote = (text: string, how: 'written' | 'edited') => ({
  kind: 'step' as const,
  calls: [{ do: { kind: 'write' as const, path: 'a.ts' as const, text, how }, fate: 'answered' as const }],
})

test.each(['refresh', 'append'] as const)(
  'what the model wrote whole is not shown a second time (%s)',
  (panelPolicy) => {
    const changed = longText.replace('line 7 of', 'line seven of')
    const collapsed = [wrote(longText, 'written'), wrote(changed, 'edited'), { kind: 'epoch' as const }]
    const log = play(collapsed, () => {})
    const messages = toMessages(log, { ...views, panelPolicy })
    const results = messages.filter(({ role }) => role === 'tool').map(({ content }) => content)
    expect(results).toEqual([
      expect.stringMatching(/^Done\.\n--- a\.ts .*as written by this call \| c0ffee00$/),
      expect.stringMatching(
        /^Done\.\nAll open files .*\n~~~ a\.ts .*\n@ replaced line 7:\n 7\tline seven of what the model wrote$/s,
      ),
    ])
    expect(reconstruct(messages, nonce)).toEqual(foldOf(log))
  },
)

test('what has changed through and through since the model wrote it is shown afresh', () => {
  const log = play([wrote(longText, 'written'), wrote('short\n', 'edited'), wrote('shorter\n', 'edited')], () => {})
  const messages = toMessages(log, { ...views, panelPolicy: 'refresh' })
  expect(messages.at(-1)?.content).toMatch(/\n--- a\.ts \| 1 line /)
  expect(reconstruct(messages, nonce)).toEqual(foldOf(log))
})

test('a log that was reverted anywhere shows what its changes up to there come to', () => {
  fc.assert(
    fc.property(sessions, fc.double({ min: 0, max: 1, noNaN: true }), (happenings, share) => {
      const whole = play(happenings, () => {})
      const seq = Math.ceil(share * whole.length)
      const log: LogEvent[] = [...whole, { type: 'session.reverted', data: { seq }, seq: whole.length + 1 }]
      for (const panelPolicy of policies) {
        expect(reconstruct(toMessages(log, { ...views, panelPolicy }), nonce)).toEqual(foldOf(whole.slice(0, seq)))
      }
    }),
  )
})

test('without epochs a request only grows, byte for byte', () => {
  fc.assert(
    fc.property(sessions, (happenings) => {
      let last: readonly object[] = []
      play(
        happenings.filter(({ kind }) => kind !== 'epoch'),
        (log) => {
          const request = toMessages(log, { ...views, panelPolicy: 'append' })
          expect(request.slice(0, last.length)).toEqual(last)
          last = request
        },
      )
    }),
  )
})

test('where cached tokens are as dear as new ones, an epoch leaves nothing that is out of date', () => {
  const model = { id: 'm', ...views, contextTokens: 1_000_000, costOf: () => null }
  fc.assert(
    fc.property(sessions, (happenings) => {
      const log = play(happenings, () => {})
      const reason = dueEpoch({ log, model, nowMs: 0 })
      if (reason === undefined) return
      log.push({ type: 'epoch', data: { reason } })
      expect(dueEpoch({ log, model, nowMs: 0 })).toBeUndefined()
    }),
  )
})
