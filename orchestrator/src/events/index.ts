export type { Agent, AgentTask, LoopOutput } from './agent.js'
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
  type RunStatus,
  runStatusSchema,
  type StoredEvent,
  sandboxSchema,
  storedEventSchema,
} from './durable.js'
export { type DeltaEvent, type DeltaType, deltaEventSchema, deltaTypeSchema } from './ephemeral.js'
export { endsRun } from './run-end.js'
