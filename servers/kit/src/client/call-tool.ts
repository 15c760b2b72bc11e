import { setTimeout as delay } from 'node:timers/promises'
import {
  type CallToolResult,
  type Client,
  type ElicitResult,
  isInputRequiredResult,
  LOG_LEVEL_META_KEY,
  type Tool,
  UrlElicitationRequiredError,
} from '@modelcontextprotocol/client'
import { z } from 'zod'
import type { CallsUnderWay, CallUnderWay } from './calls-under-way.js'
import { createInterview, type ElicitAnswer, type Question } from './elicitation.js'
import { type RemoteResult, remoteResult } from './remote-result.js'
import { watchSilence } from './silence.js'

export interface LogEntry {
  level: string
  text: string
}

export interface RemoteCall {
  name: string
  args: Record<string, unknown>
  meta?: Readonly<Record<string, unknown>>
  signal: AbortSignal
  onProgress?(message: string): void
  /** What the server has to say meanwhile, at most `logsPerCallMax` times. */
  onLog?(entry: LogEntry): void
  /** Answers what the server asks; only heard on connections that declare it (`offersElicitation`). */
  elicit?(question: Question): Promise<ElicitAnswer>
  /** Without a sign of life; progress arms it again, a question that waits for its answer holds it. */
  silenceMs?: number
}

/** A call was given up because the server gave no sign of life; it may hang. */
export class ServerSilent extends Error {
  override readonly name = 'ServerSilent'
}

export const callSilenceMs = 120_000
/** How often one call may be sent again because the server needs more input. */
export const callRoundsMax = 16
export const logsPerCallMax = 200
/** A server that asks for nothing but to be called again. */
const emptyRoundMs = 250
/** Longer than any timer of the SDK's: silence is watched here, since it must not count while a person thinks. */
const sdkTimeoutMs = 2 ** 31 - 1

export interface CallToolOptions {
  client: Client
  calls: CallsUnderWay
  /** As the server has listed it. */
  tool: Tool | undefined
}

export async function callTool(call: RemoteCall, options: CallToolOptions): Promise<RemoteResult> {
  const { silenceMs = callSilenceMs, signal } = call
  const silence = watchSilence(silenceMs)
  const stopped = AbortSignal.any([signal, silence.signal])
  const underWay = startCall(call, stopped, silence)
  options.calls.add(underWay)
  try {
    return remoteResult(await playRounds({ call, underWay, silence, signal: stopped, ...options }))
  } catch (error) {
    if (!silence.signal.aborted || signal.aborted) throw error
    throw new ServerSilent(`no sign of life for ${silenceMs} ms`, { cause: error })
  } finally {
    options.calls.delete(underWay)
    silence.stop()
  }
}

function startCall(call: RemoteCall, signal: AbortSignal, silence: ReturnType<typeof watchSilence>): CallUnderWay {
  let logs = 0
  const log = (entry: LogEntry): void => {
    silence.broken()
    logs += 1
    if (logs <= logsPerCallMax) call.onLog?.(entry)
  }
  const interview = createInterview({
    ask: call.elicit && ((question) => call.elicit?.(question) ?? Promise.resolve({ action: 'cancel' })),
    signal,
    refused: (text) => log({ level: 'warning', text }),
  })
  return { answer: (params) => silence.excuse(() => interview.answer(params)), log }
}

interface Rounds extends CallToolOptions {
  call: RemoteCall
  underWay: CallUnderWay
  silence: ReturnType<typeof watchSilence>
  signal: AbortSignal
}

/** Sends the call, and again with what the server asks for, until there is a result. */
async function playRounds(rounds: Rounds): Promise<CallToolResult> {
  let input: Input = {}
  for (let round = 0; round <= callRoundsMax; round += 1) {
    const result = await send(rounds, input)
    if ('result' in result) return result.result
    input = result.input
  }
  throw new Error(`the server asked for more input ${callRoundsMax} times without coming to a result`)
}

interface Input {
  inputResponses?: Record<string, ElicitResult>
  requestState?: string
}

async function send(rounds: Rounds, input: Input): Promise<{ result: CallToolResult } | { input: Input }> {
  const { client, call, silence, signal, tool } = rounds
  const meta = { ...call.meta, ...(call.onLog ? { [LOG_LEVEL_META_KEY]: 'info' } : {}) }
  const params = { name: call.name, arguments: call.args, _meta: meta, ...input }
  const onprogress = (told: { progress: number; total?: number | undefined; message?: string | undefined }): void => {
    silence.broken()
    call.onProgress?.(
      told.message ?? (told.total === undefined ? `${told.progress}` : `${told.progress}/${told.total}`),
    )
  }
  try {
    const result = await client.callTool(params, {
      signal,
      timeout: sdkTimeoutMs,
      onprogress,
      allowInputRequired: true,
      ...(tool ? { toolDefinition: tool } : {}),
    })
    silence.broken()
    return isInputRequiredResult(result) ? { input: await gather(rounds, result) } : { result }
  } catch (error) {
    if (!(error instanceof UrlElicitationRequiredError)) throw error
    await visitPages(rounds, error)
    return { input }
  }
}

const requestSchema = z.object({ method: z.string(), params: z.unknown() })

/** Answers what a server of 2026-07-28 needs before it can go on; its state goes back as it came. */
async function gather(
  { underWay, signal }: Rounds,
  { inputRequests = {}, requestState }: { inputRequests?: object; requestState?: string },
): Promise<Input> {
  const state = requestState === undefined ? {} : { requestState }
  const requests = Object.entries(inputRequests)
  if (requests.length === 0) {
    await delay(emptyRoundMs, undefined, { signal })
    return state
  }
  const inputResponses: Record<string, ElicitResult> = {}
  for (const [key, request] of requests) {
    const { method, params } = requestSchema.parse(request)
    if (method !== 'elicitation/create') throw new Error(`the server asks for ${method}, which is not offered`)
    inputResponses[key] = await underWay.answer(params)
  }
  return { inputResponses, ...state }
}

/** A server of 2025-11-25 refuses the call until the user has been to its pages. */
async function visitPages({ underWay }: Rounds, error: UrlElicitationRequiredError): Promise<void> {
  for (const page of error.elicitations) {
    const { action } = await underWay.answer({ ...page, mode: 'url' })
    if (action !== 'accept') throw error
  }
  if (error.elicitations.length === 0) throw error
}
