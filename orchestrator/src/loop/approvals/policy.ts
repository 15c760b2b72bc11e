import type { ToolInfo } from '../../connect/index.js'
import type { ApprovalAction, ApprovalPolicy } from '../../events/index.js'
import { withinTime } from '../within-time.js'

/** A person writes the patterns, but a model the text that they meet: one that takes longer decides nothing. */
export const patternMsMax = 100

export interface PolicyQuestion {
  policy: ApprovalPolicy
  tool: Pick<ToolInfo, 'name' | 'trusted' | 'isDestructive'>
  args: Readonly<Record<string, unknown>>
  readOnly: boolean
  /** Whether what runs in the session's sandbox is kept from the rest of the machine. */
  isBoundary: boolean
}

/**
 * What a policy says of one call: the first rule that fits, else its default. A rule of which nobody can tell in time
 * whether it fits denies what it would deny, and leaves everything else to a person.
 */
export function decide({ policy, tool, args, readOnly, isBoundary }: PolicyQuestion): ApprovalAction {
  let at = 0
  const look = () =>
    policy.rules.findIndex((rule, index) => {
      at = index
      return matchesName(rule.tool, tool.name) && matchesArguments(rule.arguments ?? {}, args)
    })
  const found = policy.rules.length === 0 ? -1 : withinTime(look, patternMsMax)
  const rule = policy.rules[found ?? at]
  if (found === undefined) return rule?.action === 'deny' ? 'deny' : 'ask'
  if (rule) return rule.action
  if (policy.default !== 'auto') return policy.default
  if (readOnly || !tool.isDestructive) return 'allow'
  // Only our own servers run inside the sandbox.
  return isBoundary && tool.trusted ? 'allow' : 'ask'
}

function matchesName(pattern: string, name: string): boolean {
  const parts = pattern.split('*').map((part) => part.replace(/[\\^$.*+?()[\]{}|]/g, '\\$&'))
  return new RegExp(`^${parts.join('.*')}$`, 'su').test(name)
}

function matchesArguments(patterns: Readonly<Record<string, string>>, args: PolicyQuestion['args']): boolean {
  return Object.entries(patterns).every(([name, pattern]) => {
    const value = args[name]
    const text = typeof value === 'string' ? value : JSON.stringify(value)
    return text !== undefined && new RegExp(pattern, 'u').test(text)
  })
}
