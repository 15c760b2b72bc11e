import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { z } from 'zod'
import { Failure } from '../failure.js'
import { defineTool } from '../tool/define-tool.js'
import type { Call } from '../tool/tool.js'
import { metaKeys } from '../wire/call.js'
import { panelExtension } from '../wire/panel.js'
import { type AnswerOptions, answerCall, heartbeatMs, type IncomingCall } from './answer-call.js'
import type { PanelOwner } from './definition.js'
import { createRunningCalls } from './running-calls.js'

interface Logged {
  message: string
  fields: Record<string, unknown>
}

/** Answers a call of a tool that does what `handler` says. */
async function answer(
  handler: (call: Call) => Promise<void>,
  changes: Partial<IncomingCall> = {},
  options: Partial<Pick<AnswerOptions, 'panel' | 'running'>> = {},
) {
  const tool = defineTool({
    name: 'act',
    title: 'Act',
    description: 'Does what the test says.',
    input: { word: z.string().optional() },
    example: {},
    hints: { readOnly: false, destructive: false, idempotent: false, openWorld: false },
    handler: (_, call) => handler(call),
  })
  const errors: Logged[] = []
  const quiet = (): void => {}
  const log = {
    debug: quiet,
    info: quiet,
    warn: quiet,
    error: (message: string, fields: Record<string, unknown> = {}) => void errors.push({ message, fields }),
  }
  const incoming: IncomingCall = {
    name: 'act',
    args: {},
    meta: {},
    clientName: undefined,
    keepsPanels: false,
    signal: new AbortController().signal,
    sendProgress: undefined,
    ...changes,
  }
  const result = await answerCall(incoming, {
    tools: new Map([['act', tool]]),
    outputCharsMax: undefined,
    panel: undefined,
    running: createRunningCalls(),
    log,
    ...options,
  })
  return { result, errors }
}

describe('an answer', () => {
  it('is the text that the handler told, notes first', async () => {
    const { result } = await answer(
      async ({ reply }) => {
        reply.text('one')
        reply.text('two')
      },
      { args: { word: 'x', wrod: 'y' } },
    )
    expect(result).toEqual({ content: [{ type: 'text', text: 'Note: Ignored unknown field "wrod".\none\ntwo' }] })
  })

  it('is an empty text when there was nothing to tell', async () => {
    expect((await answer(async () => {})).result).toEqual({ content: [{ type: 'text', text: '' }] })
  })

  it('carries images after the text, and alone when there is no text', async () => {
    const image = { type: 'image', data: Buffer.from('png').toString('base64'), mimeType: 'image/png' }
    const show = ({ reply }: Call): void => reply.image(Buffer.from('png'), 'image/png')
    expect((await answer(async (call) => show(call))).result.content).toEqual([image])
    const both = await answer(async (call) => {
      show(call)
      call.reply.text('a picture')
    })
    expect(both.result.content).toEqual([{ type: 'text', text: 'a picture' }, image])
  })

  it('refuses an image that hosts do not take', async () => {
    const { result } = await answer(async ({ reply }) => reply.image(new Uint8Array(700_001), 'image/png'))
    expect(result).toMatchObject({ isError: true, content: [{ text: expect.stringMatching(/700001.*700000/) }] })
  })

  it('carries facts and the call as it ran beside the text', async () => {
    const { result } = await answer(async ({ reply }) => {
      reply.result({ lines: 1 })
      reply.result({ bytes: 2 })
      reply.applied({ word: 'canonical' })
    })
    expect(result._meta).toEqual({
      [metaKeys.result]: { lines: 1, bytes: 2 },
      [metaKeys.applied]: { arguments: { word: 'canonical' } },
    })
  })

  it('keeps the arguments of a failed call as they were sent', async () => {
    const { result } = await answer(async ({ reply }) => {
      reply.applied({ word: 'canonical' })
      reply.fail('No.')
    })
    expect(result._meta).toBeUndefined()
  })

  it('is cut to what the client shows to its model', async () => {
    const tell = async ({ reply }: Call): Promise<void> => reply.text('x'.repeat(100_000))
    const chars = async (clientName: string | undefined): Promise<number> => {
      const [block] = (await answer(tell, { clientName })).result.content
      return block?.type === 'text' ? block.text.length : 0
    }
    expect(await chars(undefined)).toBeLessThanOrEqual(10_000)
    expect(await chars('auroracoder')).toBeGreaterThan(59_000)
    expect(await chars('auroracoder')).toBeLessThanOrEqual(60_000)
  })
})

describe('a failure', () => {
  it('that was expected is said as it is', async () => {
    const { result, errors } = await answer(async () => {
      throw new Failure('Expected a file, found a directory. Use list_directory.')
    })
    expect(result).toEqual({
      isError: true,
      content: [{ type: 'text', text: 'Expected a file, found a directory. Use list_directory.' }],
    })
    expect(errors).toEqual([])
  })

  it('keeps what was told before it', async () => {
    const { result } = await answer(async ({ reply }) => {
      reply.text('half of it')
      throw new Failure('Then the disk was full.')
    })
    expect(result.content).toEqual([{ type: 'text', text: 'half of it\nThen the disk was full.' }])
  })

  it('of the system names its code', async () => {
    const { result } = await answer(async () => {
      const { readFile } = await import('node:fs/promises')
      await readFile('/does/not/exist')
    })
    expect(result).toMatchObject({ isError: true, content: [{ text: expect.stringContaining('ENOENT') }] })
  })

  it('by a defect is logged with its cause and not shown', async () => {
    const defect = new TypeError('secret detail', { cause: 'deeper' })
    const { result, errors } = await answer(async () => {
      throw defect
    })
    expect(JSON.stringify(result)).not.toContain('secret')
    expect(errors).toEqual([
      { message: expect.any(String), fields: expect.objectContaining({ err: defect, tool: 'act' }) },
    ])
    expect(JSON.stringify(result)).toContain(`log reference ${errors[0]?.fields.reference}`)
  })

  it.each([['a string'], [undefined], [null], [{ code: 'ENOENT' }]])('may throw %j', async (thrown) => {
    const { result, errors } = await answer(() => Promise.reject(thrown))
    expect(result.isError).toBe(true)
    expect(errors).toHaveLength(1)
  })

  it('of a cancelled call is no defect', async () => {
    const abort = new AbortController()
    const { errors } = await answer(
      async ({ signal }) => {
        abort.abort()
        signal.throwIfAborted()
      },
      { signal: abort.signal },
    )
    expect(errors).toEqual([])
  })

  it('by an unknown tool names the known ones', async () => {
    const { result } = await answer(async () => {}, { name: 'cat' })
    expect(result).toEqual({
      isError: true,
      content: [{ type: 'text', text: 'There is no tool "cat" here. Tools: act.' }],
    })
  })
})

describe('what a call is told', () => {
  const callFor = async (meta: Record<string, unknown>): Promise<Call> => {
    const seen: Call[] = []
    await answer(async (call) => void seen.push(call), { meta })
    const [call] = seen
    if (!call) throw new Error('The tool did not run.')
    return call
  }

  it('is its conversation, its key and its step', async () => {
    const { conversation, key, step } = await callFor({
      [metaKeys.conversation]: 'branch-1',
      [metaKeys.call]: { key: 'r/s/c', step: 'r/s' },
    })
    expect({ conversation, key, step }).toEqual({ conversation: 'branch-1', key: 'r/s/c', step: 'r/s' })
  })

  it.each([
    [{}],
    [{ [metaKeys.conversation]: '', [metaKeys.call]: { key: '', step: '' } }],
    [{ [metaKeys.conversation]: 7, [metaKeys.call]: 'r/s/c' }],
  ])('has defaults for a host that sends %j', async (meta) => {
    const { conversation, key, step } = await callFor(meta)
    expect({ conversation, key, step }).toEqual({ conversation: 'default', key: undefined, step: undefined })
  })

  it('is a nonce that stays in a conversation and differs between them', async () => {
    const [one, again, other] = await Promise.all(
      ['a', 'a', 'b'].map((name) => callFor({ [metaKeys.conversation]: name })),
    )
    expect(one?.nonce).toMatch(/^[0-9a-f]{8}$/)
    expect(again?.nonce).toBe(one?.nonce)
    expect(other?.nonce).not.toBe(one?.nonce)
  })
})

describe('a client that keeps panels', () => {
  const opened = { kind: 'closed', key: 'a' } as const

  /** Counts up with every call that is asked for. */
  function countingPanel() {
    const adopted: unknown[] = []
    let revision = 0
    const owner: PanelOwner = {
      id: 'list',
      adopt: async (conversation, state) => void adopted.push([conversation, state]),
      read: async () => ({ revision, state: null, changes: [] }),
      async position({ conversation }) {
        revision += 1
        return { revision, state: { of: conversation } }
      },
    }
    return { owner, adopted }
  }

  it('is sent changes as data, with the revision of the report and the state to carry', async () => {
    const { owner, adopted } = countingPanel()
    const meta = { [metaKeys.conversation]: 'branch', [panelExtension]: { state: 'carried' } }
    const keeping = { keepsPanels: true, meta }
    const { result } = await answer(async ({ reply }) => reply.change(opened), keeping, { panel: owner })
    expect(adopted).toEqual([['branch', 'carried']])
    expect(result.content).toEqual([{ type: 'text', text: 'closed a' }])
    const panel = { id: 'list', revision: 1, state: { of: 'branch' }, changes: [opened] }
    expect(result._meta).toEqual({ [panelExtension]: panel })
  })

  it('is sent what a failed call has changed as well', async () => {
    const failing = async ({ reply }: Call): Promise<void> => {
      reply.change(opened)
      throw new Failure('No.')
    }
    const { result } = await answer(failing, { keepsPanels: true }, { panel: countingPanel().owner })
    expect(result.isError).toBe(true)
    expect(result._meta?.[panelExtension]).toMatchObject({ revision: 1, changes: [opened] })
  })

  it('is sent no report of a call that changed nothing, so that no revision is missed', async () => {
    const { owner } = countingPanel()
    const quiet = await answer(async ({ reply }) => reply.text('nothing'), { keepsPanels: true }, { panel: owner })
    expect(quiet.result._meta).toBeUndefined()
    const { result } = await answer(async ({ reply }) => reply.change(opened), { keepsPanels: true }, { panel: owner })
    expect(result._meta?.[panelExtension]).toMatchObject({ revision: 1 })
  })

  it.each([
    [true, true, true],
    [true, false, false],
    [false, true, false],
  ])('is told to the tool: declared %s, panel owned %s', async (keepsPanels, isOwned, expected) => {
    const seen: boolean[] = []
    const panel = isOwned ? countingPanel().owner : undefined
    await answer(async (call) => void seen.push(call.keepsPanels), { keepsPanels }, { panel })
    expect(seen).toEqual([expected])
  })
})

describe('progress', () => {
  beforeEach(() => void vi.useFakeTimers())
  afterEach(() => void vi.useRealTimers())

  const work = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms))

  it('beats while a tool works in silence, and stops with it', async () => {
    const sent: [number, string][] = []
    const sendProgress: IncomingCall['sendProgress'] = (count, message) => void sent.push([count, message])
    const answered = answer(() => work(heartbeatMs * 3.5), { sendProgress })
    await vi.advanceTimersByTimeAsync(heartbeatMs * 7)
    await answered
    expect(sent).toEqual([1, 2, 3].map((count) => [count, 'act is still running']))
    expect(vi.getTimerCount()).toBe(0)
  })

  it('of the tool’s own counts on and puts the next beat off', async () => {
    const sent: [number, number][] = []
    const begin = Date.now()
    const answered = answer(
      async ({ progress }) => {
        await work(heartbeatMs * 0.5)
        progress('half')
        await work(heartbeatMs * 1.1)
      },
      { sendProgress: (count) => void sent.push([count, (Date.now() - begin) / heartbeatMs]) },
    )
    await vi.advanceTimersByTimeAsync(heartbeatMs * 2)
    await answered
    expect(sent).toEqual([
      [1, 0.5],
      [2, 1.5],
    ])
  })

  it('costs nothing where nobody asked for it', async () => {
    await answer(async ({ progress }) => progress('unheard'))
    expect(vi.getTimerCount()).toBe(0)
  })
})

describe('a call with a key', () => {
  it('is under way from the moment at which its panel is adopted', async () => {
    const running = createRunningCalls()
    const order: string[] = []
    const panel: PanelOwner = {
      id: 'files',
      async adopt() {
        await new Promise((resolve) => setImmediate(resolve))
        order.push('adopted')
      },
      read: async () => ({ revision: 0, state: undefined, changes: [] }),
      position: async () => ({ revision: 0, state: undefined }),
    }
    const meta = { [metaKeys.call]: { key: 'run/step/call', step: 'run/step' } }
    const answered = answer(async () => void order.push('done'), { meta, keepsPanels: true }, { panel, running })
    await running.settled('run/step/call')
    order.push('settled')
    await answered
    expect(order).toEqual(['adopted', 'done', 'settled'])
  })
})
