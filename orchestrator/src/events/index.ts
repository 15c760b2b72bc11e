export type { Agent, AgentTask, LiveLog, LoopOutput } from './agent.js'
export {
  type ApprovalAction,
  type ApprovalPolicy,
  approvalPatternCharsMax,
  approvalPolicySchema,
  approvalRulesMax,
} from './approvals.js'
export { beforeEnd, missingResultText, outcomeUnknownText, unansweredCalls } from './before-end.js'
export {
  type Content,
  type ContentBlock,
  contentBlockSchema,
  contentSchema,
  costSchema,
  type Limits,
  limitsSchema,
  type Usage,
  usageSchema,
} from './content.js'
export {
  type Delivery,
  type DurableType,
  deliverySchema,
  type EventDraft,
  eventVersion,
  type RunEnd,
  type RunStatus,
  runEndSchema,
  runStatusSchema,
  type StoredEvent,
  sandboxSchema,
  storedEventSchema,
} from './durable.js'
export { type DeltaEvent, type DeltaType, deltaEventSchema, deltaTypeSchema } from './ephemeral.js'
export { eventSchema, type SessionEvent } from './event.js'
export { runResumed, runResumedCode } from './notices.js'
export { endsRun } from './run-end.js'
export { runFamily } from './run-family.js'
