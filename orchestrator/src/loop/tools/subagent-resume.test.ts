import { expect, test } from 'vitest'
import { isOfSession } from '../../context/index.js'
import type { StoredEvent } from '../../events/index.js'
import type { ScriptInput } from '../../scripted-model/index.js'
import { asked, ofType, perform, resultText, setStage } from '../rehearsal.fixture.js'

const script: ScriptInput = {
  steps: [
    { when: { tool: 'subagent' }, reply: { text: 'All done.' } },
    { when: { tool: 'read' }, reply: { text: 'It holds a letter.' } },
    { when: { last: 'LOOK' }, reply: { calls: [{ name: 'read', arguments: { id: 1 } }] } },
    { when: {}, reply: { calls: [{ name: 'subagent', arguments: { task: 'LOOK' } }] } },
  ],
}
const tools = [{ name: 'read', readOnly: true }]

test('a helper whose process ended after any event of the log is asked once, works once and answers once', {
  timeout: 60_000,
}, async () => {
  const whole = await perform({ stage: await setStage({ script }), tools })
  expect(whole.error).toBeUndefined()
  for (let kept = asked('Ask.').length; kept < whole.log.length; kept += 1) {
    const history = whole.log.slice(0, kept)
    const { log, error } = await perform({ stage: await setStage({ script }), tools, history })
    const after = `resumed after ${history.at(-1)?.type} (${kept})`
    expect(error, after).toBeUndefined()
    expect(counts(log), after).toEqual(counts(whole.log))
    expect(resultText(log.filter(isOfSession), callOf(log)), after).toBe('It holds a letter.')
  }
})

const countedTypes = ['subagent.started', 'input.admitted', 'run.started', 'run.finished', 'subagent.finished'] as const

function counts(log: readonly StoredEvent[]): Record<string, number> {
  return Object.fromEntries(countedTypes.map((type) => [type, ofType(log, type).length]))
}

function callOf(log: readonly StoredEvent[]): string {
  return ofType(log, 'subagent.started')[0]?.data.callId ?? ''
}
