import { validateHistory } from '../../../orchestrator/src/context/index.js'
import { type Answer, type Model, ModelFailure, type ModelRequest } from '../../../orchestrator/src/providers/index.js'
import { parseChatRequest } from '../../../orchestrator/src/scripted-model/request.js'
import { enforceRules } from '../../../orchestrator/src/scripted-model/rules/rules.js'
import type { Random } from '../living-state/random.js'

export interface ModelOptions {
  random: Random
  thinking: boolean
  contextTokens: number
  /** Told of each request, and of what is wrong with it. */
  onRequest(problems: readonly string[]): void
}

/** Answers anything, in every way in which an endpoint can, and looks at what it was sent as a strict one does. */
export function createRestlessModel({ random, thinking, contextTokens, onRequest }: ModelOptions): Model {
  return {
    id: thinking ? 'thinker' : 'talker',
    providerName: 'Test',
    thinking,
    images: false,
    contextTokens,
    outputTokensMax: 1_000,
    costOf: () => 0.001,
    async *stream(request, signal) {
      onRequest(problemsOf(request, thinking))
      await turns(random.int(3), signal)
      if (random.chance(0.08)) throw failure(random)
      const answer = answerOf(random, request, thinking)
      for (const piece of ['reasoning', 'text'] as const) {
        if (answer[piece] === '') continue
        yield { type: piece, text: answer[piece] }
        await turns(random.int(2), signal)
      }
      yield { type: 'complete', answer }
    },
  }
}

/** What an endpoint with DeepSeek's rules refuses, by our own check and by that of the scripted endpoint. */
function problemsOf(request: ModelRequest, thinking: boolean): string[] {
  const body = {
    model: 'deepseek-flash',
    messages: request.messages,
    ...(request.tools.length > 0
      ? {
          tools: request.tools.map(({ name, description, inputSchema }) => ({
            type: 'function',
            function: { name, description, parameters: inputSchema },
          })),
        }
      : {}),
    thinking: { type: thinking ? 'enabled' : 'disabled' },
    stream: true,
  }
  const problems = validateHistory(request.messages, { thinking })
  try {
    enforceRules(parseChatRequest(body), {})
  } catch (error) {
    problems.push(error instanceof Error ? error.message : String(error))
  }
  return problems
}

function failure(random: Random): ModelFailure {
  const retryable = random.chance(0.8)
  return new ModelFailure('The endpoint failed.', { code: 'interrupted', retryable })
}

function answerOf(random: Random, request: ModelRequest, thinking: boolean): Answer {
  const calls = random.chance(0.6) ? Array.from({ length: 1 + random.int(3) }, () => anyCall(random)) : []
  const input = Math.ceil(JSON.stringify(request.messages).length / 4)
  return {
    finishReason: random.chance(0.06) ? 'length' : calls.length > 0 ? 'tool_calls' : 'stop',
    reasoning: thinking && random.chance(0.7) ? 'Hm.' : '',
    text: random.chance(0.15) ? '' : 'word '.repeat(1 + random.int(30)),
    calls,
    usage: { input, output: 10, reasoning: 0, cacheHit: 0, cacheMiss: input },
    brokenMarkup: random.chance(0.02),
  }
}

function anyCall(random: Random): Answer['calls'][number] {
  const name = random.pick(['read', 'read', 'write', 'danger', 'subagent', 'continue_as_new_chat', 'no such tool', ''])
  const given = random.pick([
    '{}',
    '',
    '{"task": "Look."}',
    '{"task": "Look.", "prompt": "Go on."}',
    '{"a": ',
    '[1]',
    'null',
    '{"a": "x\ny"}',
  ])
  return { name, arguments: given }
}

export async function turns(count: number, signal?: AbortSignal): Promise<void> {
  for (let turn = 0; turn < count; turn += 1) {
    await new Promise((resolve) => setImmediate(resolve))
    signal?.throwIfAborted()
  }
}
