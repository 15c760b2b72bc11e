import { createHash, randomBytes, randomUUID } from 'node:crypto'
import type { CallToolResult } from '@modelcontextprotocol/server'
import { Failure } from '../failure.js'
import { recordReply } from '../reply/record.js'
import { renderResult } from '../reply/render.js'
import { outputCharsMaxFor } from '../reply/size.js'
import type { Call, Tool } from '../tool/tool.js'
import { callIdentitySchema, metaKeys } from '../wire/call.js'
import { panelExtension, panelRequestSchema } from '../wire/panel.js'
import type { Log, PanelOwner } from './definition.js'
import type { RunningCalls } from './running-calls.js'

/** One `tools/call` as it arrived, whatever the revision and the transport. */
export interface IncomingCall {
  name: string
  args: unknown
  meta: Readonly<Record<string, unknown>>
  clientName: string | undefined
  /** The client declared the panel extension. */
  keepsPanels: boolean
  signal: AbortSignal
  /** Absent when the client asked for no progress. */
  sendProgress: ((progress: number, message: string) => void) | undefined
}

export interface AnswerOptions {
  tools: ReadonlyMap<string, Tool>
  outputCharsMax: number | undefined
  panel: PanelOwner | undefined
  running: RunningCalls
  log: Log
}

/** Some hosts give a call up after 60 s without a sign of life. */
export const heartbeatMs = 8_000

const nonceKey = randomBytes(16)

/** Runs one tool and renders its answer: the only place where what a tool throws is caught. */
export async function answerCall(incoming: IncomingCall, options: AnswerOptions): Promise<CallToolResult> {
  const recorded = recordReply()
  const conversation = stringOf(incoming.meta[metaKeys.conversation]) ?? 'default'
  const nonce = createHash('sha256').update(nonceKey).update(conversation).digest('hex').slice(0, 8)
  const outputCharsMax = options.outputCharsMax ?? outputCharsMaxFor(incoming.clientName)
  const identity = callIdentitySchema.safeParse(incoming.meta[metaKeys.call]).data
  const panel = incoming.keepsPanels ? options.panel : undefined
  const progress = startProgress(incoming)
  const call: Call = {
    reply: recorded.reply,
    signal: incoming.signal,
    conversation,
    key: identity?.key,
    step: identity?.step,
    nonce,
    outputCharsMax,
    keepsPanels: panel !== undefined,
    progress: progress.report,
  }
  try {
    const tool = options.tools.get(incoming.name)
    if (!tool) throw unknownTool(incoming.name, options.tools)
    await options.running.track(identity?.key, async () => {
      await panel?.adopt(conversation, panelRequestSchema.safeParse(incoming.meta[panelExtension]).data?.state)
      await tool.run(incoming.args, call)
    })
  } catch (error) {
    recorded.reply.fail(messageFor(error, incoming, options.log))
  } finally {
    progress.stop()
  }
  const hasChanges = recorded.blocks.some((block) => typeof block !== 'string')
  const position = panel && hasChanges ? { id: panel.id, ...(await panel.position(call)) } : undefined
  return renderResult(recorded, { panel: position, nonce, outputCharsMax })
}

interface Progress {
  report(message: string): void
  stop(): void
}

function startProgress({ name, sendProgress }: IncomingCall): Progress {
  if (!sendProgress) return { report: () => {}, stop: () => {} }
  let count = 0
  const report = (message: string): void => {
    count += 1
    sendProgress(count, message)
    timer.refresh()
  }
  const timer = setInterval(() => report(`${name} is still running`), heartbeatMs)
  return { report, stop: () => clearInterval(timer) }
}

function unknownTool(name: string, tools: ReadonlyMap<string, Tool>): Failure {
  return new Failure(`There is no tool "${name.slice(0, 80)}" here. Tools: ${[...tools.keys()].join(', ')}.`)
}

function messageFor(error: unknown, { name: tool, signal }: IncomingCall, log: Log): string {
  if (error instanceof Failure) return error.message
  // Whatever an abort makes a tool throw is no defect; nobody reads the answer.
  if (signal.aborted) return `${tool} was cancelled.`
  const reference = randomUUID().slice(0, 8)
  log.error('tool failed unexpectedly', { tool, reference, err: error })
  if (isSystemError(error)) return `${tool} failed: the system answered ${error.code} (${error.message}).`
  return `${tool} failed by a defect of this server, not of the call (log reference ${reference}). Try another way.`
}

function isSystemError(error: unknown): error is Error & { code: string } {
  return error instanceof Error && 'syscall' in error && 'code' in error && typeof error.code === 'string'
}

function stringOf(value: unknown): string | undefined {
  return typeof value === 'string' && value !== '' ? value : undefined
}
