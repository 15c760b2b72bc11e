import { expect, test } from 'vitest'
import {
  ofType,
  perform,
  resultText,
  type Stage,
  saidText,
  sentMessages,
  setStage,
  type TestTool,
} from './rehearsal.fixture.js'

/** Reads large files one after another, then says that it is done; the step follows from the last result. */
function readingScript(reads: number, last: object = { text: 'All read.' }) {
  return {
    steps: [
      { when: { last: 'Do it' }, reply: { calls: [{ name: 'read', arguments: { index: 1 } }] } },
      ...Array.from({ length: reads - 1 }, (_, index) => ({
        when: { last: `file ${index + 1} ` },
        reply: { calls: [{ name: 'read', arguments: { index: index + 2 } }] },
      })),
      { when: { last: `file ${reads} ` }, reply: last },
    ],
  }
}

const large: TestTool = {
  name: 'read',
  readOnly: true,
  run: ({ args }) => ({ text: `file ${args.index} ${'word '.repeat(2_000)}` }),
}

/** The same endpoint with a small window; `summary` is what another one answers. */
function narrow(stage: Stage, contextTokens: number) {
  return { ...stage, model: { ...stage.model, contextTokens } }
}

test('a conversation that fills the window is summarised by the secondary model and goes on', async () => {
  const stage = narrow(await setStage({ script: readingScript(12) }), 20_000)
  const writer = await setStage({ script: { steps: [{ reply: { text: 'Read a lot of words.' } }] } })
  const { log, error } = await perform({ stage, tools: [large], deps: { secondaryModel: () => writer.model } })
  expect(error).toBeUndefined()
  expect(saidText(log)).toBe('All read.')
  const compactions = ofType(log, 'compaction.finished')
  expect(compactions.length).toBeGreaterThan(0)
  expect(compactions[0]?.data).toMatchObject({ fromSeq: 1, summary: 'Read a lot of words.' })
  const last = sentMessages(stage, stage.endpoint.requests.length - 1)
  expect(JSON.stringify(last)).toContain('Read a lot of words.')
  // The user's own words survive, and so does what came first.
  expect(JSON.stringify(last)).toContain('Do it.')
  expect(last[0]).toMatchObject({ role: 'system', content: 'You are a test.' })
  for (const { usage } of stage.endpoint.requests) expect(usage?.prompt_tokens ?? 0).toBeLessThan(20_000)
})

test('what a summary takes counts for the run', async () => {
  const stage = narrow(await setStage({ script: readingScript(8) }), 20_000)
  const writer = await setStage({ script: { steps: [{ reply: { text: 'Summary.' } }] } })
  const { log } = await perform({ stage, tools: [large], deps: { secondaryModel: () => writer.model } })
  const [end] = ofType(log, 'run.finished')
  expect(end?.data.usage.input).toBe(stage.endpoint.totals.promptTokens + writer.endpoint.totals.promptTokens)
})

test('where no model can summarise, the agent goes on with what is known without one', async () => {
  const stage = narrow(await setStage({ script: readingScript(8) }), 20_000)
  const { log } = await perform({
    stage,
    tools: [large],
    deps: {
      secondaryModel: () => {
        throw new Error('No key.')
      },
    },
  })
  expect(saidText(log)).toBe('All read.')
  expect(ofType(log, 'compaction.finished')[0]?.data.summary).toContain('No key.')
})

test('a new chat is refused while there is room, with how full the window is', async () => {
  const stage = await setStage({
    script: {
      steps: [
        { reply: { calls: [{ name: 'continue_as_new_chat', arguments: { prompt: 'Go on.' } }] } },
        { reply: { text: 'Here then.' } },
      ],
    },
  })
  const { log } = await perform({ stage })
  expect(resultText(log, 'call_1')).toMatch(/^Refused: \d+ % of the context window/)
  expect(ofType(log, 'continued')).toEqual([])
  expect(saidText(log)).toBe('Here then.')
})

test('a new chat is opened when the window is nearly full, and the run ends as continued', async () => {
  const prompt = 'Read the rest.'
  const script = readingScript(7, { calls: [{ name: 'continue_as_new_chat', arguments: { prompt } }] })
  const stage = narrow(await setStage({ script }), 20_500)
  const opened: unknown[] = []
  const { log } = await perform({
    stage,
    tools: [large],
    deps: {
      openNext: async (request) => {
        opened.push(request)
        return { sessionId: 'next', runId: 'next run' }
      },
    },
  })
  expect(opened).toEqual([{ key: 'run/step_8/call_8', content: [{ type: 'text', text: 'Read the rest.' }] }])
  expect(ofType(log, 'continued')[0]?.data).toEqual({ callId: 'call_8', sessionId: 'next', runId: 'next run' })
  expect(ofType(log, 'run.finished')[0]?.data.status).toBe('continued')
})
