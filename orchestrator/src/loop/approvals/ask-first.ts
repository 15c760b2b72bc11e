import type { LoopOutput } from '../../events/index.js'
import type { PreparedCall, RefusedCall, RunnableCall } from '../prepare-call.js'
import type { Run } from '../run.js'
import { askPerson } from './ask-person.js'

/** The calls as people let them: those declined are refused. Undefined when nobody answered in time. */
export async function* askFirst(
  calls: readonly PreparedCall[],
  run: Run,
): AsyncGenerator<LoopOutput, PreparedCall[] | undefined> {
  const settled: PreparedCall[] = []
  for (const call of calls) {
    if (call.kind === 'refused' || !call.needsApproval) {
      settled.push(call)
      continue
    }
    const { stepId, callId, tool } = call
    const answer = yield* askPerson(run, { kind: 'tool', stepId, callId, message: `May ${tool.name} run?` })
    if (answer.answer === 'expire') return undefined
    settled.push(answer.answer === 'accept' ? call : declined(call, answer.message))
  }
  return settled
}

function declined({ stepId, callId, tool }: RunnableCall, message: string | undefined): RefusedCall {
  const why = message ? ` They said: ${message}` : ' Do not repeat it; find another way, or ask what they want.'
  return {
    kind: 'refused',
    stepId,
    callId,
    text: `Nothing was run: the user declined this call of ${tool.name}.${why}`,
  }
}
