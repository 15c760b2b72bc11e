import { z } from 'zod'

export const approvalRulesMax = 100
export const approvalPatternCharsMax = 500

const actionSchema = z.enum(['allow', 'ask', 'deny'])

const patternSchema = z
  .string()
  .max(approvalPatternCharsMax)
  .refine(isRegex, { message: 'expected a regular expression of JavaScript' })

/** Which calls run, which wait for a person, and which never run. The first rule that fits decides. */
export const approvalPolicySchema = z.strictObject({
  rules: z
    .array(
      z.strictObject({
        /** A tool's name, in which `*` stands for any characters. */
        tool: z.string().min(1).max(approvalPatternCharsMax),
        /** By argument: a regular expression that its text, or else its JSON, must match somewhere. All must match. */
        arguments: z.record(z.string(), patternSchema).optional(),
        action: actionSchema,
      }),
    )
    .max(approvalRulesMax)
    .default([]),
  /** For calls that no rule fits. `auto`: allow, but ask before what can destroy outside a sandbox that is a boundary. */
  default: z.enum(['auto', ...actionSchema.options]).default('auto'),
})

export type ApprovalPolicy = z.infer<typeof approvalPolicySchema>
export type ApprovalAction = z.infer<typeof actionSchema>

function isRegex(text: string): boolean {
  try {
    new RegExp(text, 'u')
    return true
  } catch {
    return false
  }
}
