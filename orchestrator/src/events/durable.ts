import { panelChangeSchema } from '@auroracoder/kit/wire'
import { z } from 'zod'
import { approvalPolicySchema } from './approvals.js'
import { contentSchema, costSchema, limitsSchema, usageSchema } from './content.js'

export const eventVersion = 1

/** How a new input reaches a session: as a new run, or into the one that is active. */
export const deliverySchema = z.enum(['start', 'steer', 'queue', 'interrupt'])

export const sandboxSchema = z.enum(['auto', 'docker', 'local'])
export type SandboxWish = z.infer<typeof sandboxSchema>

/** Why a run ended that did not break: it was done, it met a named limit, or nobody can answer it. */
export const runStatusSchema = z.enum([
  'completed',
  'continued',
  'approval_needed',
  'limit_iterations',
  'limit_wall_time',
  'limit_tokens',
  'limit_cost',
  'limit_tool_calls',
  'limit_subagent_depth',
])

const frame = {
  v: z.literal(eventVersion),
  /** 1, 2, 3 … within the session, without gaps. */
  seq: z.int().min(1),
  sessionId: z.string().min(1),
  runId: z.string().min(1).optional(),
  stepId: z.string().min(1).optional(),
  /** On the events of a sub-agent's run: the run that started it. */
  parentRunId: z.string().min(1).optional(),
  time: z.iso.datetime(),
}

const seq = z.int().min(1)
const id = z.string().min(1)

/** What a run was asked to use, beside its input. */
const plan = {
  model: z.string().optional(),
  tools: z.array(z.string()).optional(),
  limits: limitsSchema.optional(),
}

/** The client's key for safe repeats, and the SHA-256 of the request it came with. */
const idempotencySchema = z.object({ key: id, hash: id })

export const runEndSchema = z.enum([...runStatusSchema.options, 'failed', 'cancelled'])
const nothing = z.object({})
const problem = z.object({
  code: z.string().min(1),
  message: z.string(),
  details: z.record(z.string(), z.unknown()).optional(),
})

/** Everything that is kept and replayed. The log of a session is a list of these. */
export const storedEventSchema = z.discriminatedUnion('type', [
  durable(
    'session.created',
    z.object({
      workspace: z.string(),
      /** The workspace is a folder of ours, made for this session and removed with it. */
      scratch: z.boolean(),
      title: z.string().optional(),
      model: z.string().optional(),
      sandbox: sandboxSchema,
      approvals: approvalPolicySchema.optional(),
      /** The session this one was forked from or goes on for; `seq` is the last event they share. */
      parent: z.object({ sessionId: id, seq }).optional(),
    }),
  ),
  durable('session.renamed', z.object({ title: z.string() })),
  /** What later runs use; what is absent stays as it was. */
  durable('session.configured', z.object({ model: z.string().optional(), approvals: approvalPolicySchema.optional() })),
  /** In the log of the origin: `sessionId` is the new session, which shares events up to `seq`. */
  durable('session.forked', z.object({ sessionId: id, seq })),
  /** Events after `seq` and before this one no longer count; `run` is the newest run of those that do. */
  durable('session.reverted', z.object({ seq, run: z.object({ id, status: runEndSchema }).optional() })),
  /** The workspace is as it was at the seq of the `session.reverted` before this, but for what `left` names. */
  durable(
    'session.restored',
    z.object({
      restored: z.int().min(0),
      removed: z.int().min(0),
      left: z.array(z.object({ path: z.string(), why: z.string() })),
      /** Why the files could not be put back; they are as they were before. */
      problem: z.string().optional(),
    }),
  ),
  durable('session.closed', z.object({ reason: z.string() })),

  /** Its `runId` is the run that it steers or, for one that was queued, the run that it will start, as `plan` says. */
  durable(
    'input.admitted',
    z.object({
      inputId: id,
      delivery: deliverySchema,
      content: contentSchema,
      plan: z.object(plan).optional(),
      idempotency: idempotencySchema.optional(),
    }),
  ),

  durable(
    'run.started',
    z.object({
      /** Absent on a run that continues the one before without a new input. */
      inputId: id.optional(),
      continues: id.optional(),
      ...plan,
      idempotency: idempotencySchema.optional(),
    }),
  ),
  durable('run.finished', z.object({ status: runStatusSchema, usage: usageSchema, cost: costSchema })),
  durable('run.failed', problem),
  durable('run.cancelled', z.object({ reason: z.string().optional() })),

  /** `attempt` counts from 1; a discarded attempt is followed by the next one under a new step id. */
  durable('step.started', z.object({ model: z.string(), attempt: z.int().min(1) })),
  durable('step.finished', z.object({ finishReason: z.string(), usage: usageSchema, cost: costSchema })),
  durable('step.discarded', z.object({ reason: z.string() })),

  durable('text.started', nothing),
  durable('text.finished', z.object({ text: z.string() })),
  durable('reasoning.started', nothing),
  durable('reasoning.finished', z.object({ text: z.string() })),

  /** `arguments` is the text exactly as the model sent it, which need not be valid JSON. */
  durable('tool.called', z.object({ callId: id, name: z.string(), arguments: z.string() })),
  /** The call in the form that ran and that the model will read from now on, as JSON. */
  durable('tool.corrected', z.object({ callId: id, arguments: z.string() })),
  /** Appended before dispatch; `key` lets a server recognise a repeat. */
  durable('tool.started', z.object({ callId: id, key: id })),
  durable(
    'tool.finished',
    z.object({ callId: id, ok: z.boolean(), content: contentSchema, meta: z.record(z.string(), z.unknown()) }),
  ),

  durable(
    'approval.asked',
    z.object({
      approvalId: id,
      kind: z.enum(['tool', 'elicitation']),
      callId: id.optional(),
      message: z.string(),
      /** JSON Schema of the answer's `content`, for elicitations. */
      schema: z.record(z.string(), z.unknown()).optional(),
      /** Where the person is asked to go, for elicitations that happen in a browser. */
      url: z.string().optional(),
      expiresAt: z.iso.datetime().optional(),
    }),
  ),
  durable(
    'approval.answered',
    z.object({
      approvalId: id,
      /** `expire`: nobody answered in time. */
      answer: z.enum(['accept', 'decline', 'expire']),
      /** Words for the model, such as why not. */
      message: z.string().optional(),
      content: z.record(z.string(), z.unknown()).optional(),
    }),
  ),

  /**
   * What the model is shown of a panel, and the server's opaque state at that revision. With a `callId` it is what
   * that call has changed and comes right before its `tool.finished`; without, what changed without a call.
   */
  durable(
    'panel.changed',
    z.object({
      panel: id,
      revision: z.int().min(0),
      changes: z.array(panelChangeSchema),
      state: z.unknown().optional(),
      callId: id.optional(),
    }),
  ),
  /** All earlier panel text collapses; what is open now is shown afresh in its place. */
  durable('epoch', z.object({ reason: z.string() })),
  durable('compaction.started', z.object({ fromSeq: seq, toSeq: seq })),
  /** `summary` stands for the events from `fromSeq` to `toSeq` in every later request. */
  durable(
    'compaction.finished',
    z.object({ fromSeq: seq, toSeq: seq, summary: z.string(), usage: usageSchema, cost: costSchema }),
  ),
  /** The conversation goes on in another session, with this run of it. */
  durable('continued', z.object({ callId: id, sessionId: id, runId: id })),
  /** `runId` is the sub-agent's run: its events follow in this log, with the run of the call as their parent. */
  durable('subagent.started', z.object({ callId: id, runId: id, task: z.string() })),
  durable('subagent.finished', z.object({ callId: id, runId: id, ok: z.boolean(), text: z.string() })),
  durable('notice', problem),
])

function durable<Type extends string, Data extends z.ZodType>(type: Type, data: Data) {
  return z.object({ ...frame, type: z.literal(type), data })
}

/** One line of the log, as it is stored and as every client receives it. */
export type StoredEvent = z.infer<typeof storedEventSchema>
export type DurableType = StoredEvent['type']

type DraftOf<Event> = Event extends { type: infer Type; data: infer Data }
  ? {
      type: Type
      data: Data
      stepId?: string | undefined
      runId?: string | undefined
      parentRunId?: string | undefined
      /** When it happened, for an event that is copied; else it is now. */
      time?: string | undefined
    }
  : never

/**
 * A durable event before the log gave it its place. `runId` is the run that yields it unless it says otherwise: a
 * sub-agent's events inside its parent's log carry their own, and the parent's as `parentRunId`.
 */
export type EventDraft = DraftOf<StoredEvent>

export type Delivery = z.infer<typeof deliverySchema>
export type RunStatus = z.infer<typeof runStatusSchema>
/** How a run ended, also by breaking. */
export type RunEnd = z.infer<typeof runEndSchema>
