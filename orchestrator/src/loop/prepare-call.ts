import type { ToolInfo } from '../connect/index.js'
import { outcomeUnknownText } from '../events/index.js'
import { readArguments } from './arguments/read-arguments.js'
import { schemaProblem } from './arguments/schema-problem.js'
import { nearestNames } from './nearest-names.js'
import type { CalledStep, OpenCall } from './next-move.js'
import type { Run } from './run.js'
import { ownTools } from './tools/own-tools.js'

export type PreparedCall = RunnableCall | RefusedCall

export interface RunnableCall {
  kind: 'runnable'
  stepId: string
  callId: string
  tool: ToolInfo
  args: Record<string, unknown>
  /** The arguments as JSON, where what the model sent was none. */
  repaired: string | undefined
  readOnly: boolean
  /** A person has to let it run first. */
  needsApproval: boolean
  key: string
  step: string
}

/** A call that must not run; `text` tells the model why and what to do. */
export interface RefusedCall {
  kind: 'refused'
  stepId: string
  callId: string
  text: string
}

/** The gate every call passes before it is dispatched. */
export function prepareCall(options: { call: OpenCall; step: CalledStep; run: Run }): PreparedCall {
  const { call, run } = options
  const { stepId, isCut } = options.step
  const { callId } = call
  const refuse = (text: string): RefusedCall => ({ kind: 'refused', stepId, callId, text })
  if (isCut) return refuse(cutText(options.step.calls.length))

  const tool = run.tools.find(({ name }) => name === call.name)
  if (!tool) return refuse(unknownTool(call.name, run.tools))

  const read = readArguments(call.arguments)
  if ('problem' in read) return refuse(`Nothing was run: the arguments of ${tool.name} ${read.problem}`)
  // Our own servers normalise what models send from habit and check the rest themselves.
  const problem = tool.trusted ? undefined : schemaProblem(tool.inputSchema, read.args)
  if (problem !== undefined)
    return refuse(`Nothing was run: the arguments of ${tool.name} do not fit its schema. ${problem}`)

  const readOnly = tool.isReadOnly(read.args)
  const isRepeatable = readOnly || run.isJournalled(tool) || ownTools.some(({ info }) => info === tool)
  if (call.wasStarted && !isRepeatable) return refuse(outcomeUnknownText)
  if (run.readOnly && !readOnly) {
    return refuse(
      `Nothing was run: you may only read, and this call of ${tool.name} does more. Report what should be done instead.`,
    )
  }
  const action = run.approve({ tool, args: read.args })
  if (action === 'deny') {
    return refuse(
      `Nothing was run: the policy of this session does not allow this call of ${tool.name}. Find another way.`,
    )
  }
  const step = `${run.id}/${stepId}`
  const { args, repaired } = read
  return {
    kind: 'runnable',
    stepId,
    callId,
    tool,
    args,
    repaired,
    readOnly,
    needsApproval: action === 'ask',
    key: `${step}/${callId}`,
    step,
  }
}

function cutText(calls: number): string {
  const what = calls === 1 ? 'this call' : 'these calls'
  return `Nothing was run: the answer was cut at the output limit while it wrote ${what}. Send less in one call, for example a large file in several edits.`
}

function unknownTool(name: string, tools: readonly ToolInfo[]): string {
  const names = tools.map((tool) => tool.name)
  const near = nearestNames(name, names)
  const hint = near.length > 0 ? `Did you mean ${near.join(' or ')}?` : `The tools are: ${names.join(', ') || 'none'}.`
  return `There is no tool ${JSON.stringify(name.slice(0, 64))}. ${hint}`
}
