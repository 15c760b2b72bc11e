import { Refusal } from '../http/refusal.js'
import type { ChatRequest } from '../request.js'
import { checkLastMessage, checkMessageFields } from './message-rules.js'
import { checkPairing } from './pairing-rule.js'
import { checkReasoningMissing, checkReasoningUnexpected } from './reasoning-rules.js'
import { checkCallArguments, checkForcedToolChoice, checkToolChoice, checkToolNames, checkTools } from './tool-rules.js'

/** The first thing in a request that breaks a rule. */
export interface Violation {
  /** Says where, what was expected, and what was found. */
  readonly message: string
  /** The field at fault, `messages[3].tool_calls[0].id`. */
  readonly param: string
}

export type Check = (request: ChatRequest) => Violation | undefined

/** In the order they are checked. Several are stricter than the real endpoint, which forgives what later costs tokens. */
export const ruleNames = [
  'message-fields',
  'tool-names',
  'tools',
  'tool-choice',
  'forced-tool-choice',
  'call-arguments',
  'pairing',
  'last-message',
  'reasoning-missing',
  'reasoning-unexpected',
] as const

export type RuleName = (typeof ruleNames)[number]

const checks: Readonly<Record<RuleName, Check>> = {
  'message-fields': checkMessageFields,
  'tool-names': checkToolNames,
  tools: checkTools,
  'tool-choice': checkToolChoice,
  'forced-tool-choice': checkForcedToolChoice,
  'call-arguments': checkCallArguments,
  pairing: checkPairing,
  'last-message': checkLastMessage,
  'reasoning-missing': checkReasoningMissing,
  'reasoning-unexpected': checkReasoningUnexpected,
}

/** Throws a 400 for the first rule broken; rules set to false are not checked. */
export function enforceRules(request: ChatRequest, rules: Readonly<Partial<Record<RuleName, boolean>>>): void {
  for (const rule of ruleNames) {
    const violation = rules[rule] === false ? undefined : checks[rule](request)
    if (violation !== undefined) throw new Refusal({ status: 400, rule, ...violation })
  }
}
