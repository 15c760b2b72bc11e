import type { Usage } from '../events/index.js'
import type { CallPiece, Chunk } from './chunk.js'
import { usageOf } from './chunk.js'
import { createJsonEnd, type JsonEnd } from './json-end.js'
import { createMarkupFilter } from './markup/filter.js'
import { readMarkup } from './markup/read.js'
import type { Answer, ModelEvent, ToolSpec } from './model.js'

/** Token estimate for endpoints that report no usage. */
const bytesPerToken = 4

interface Call {
  id: string
  name: string
  arguments: string
  end: JsonEnd
}

/** Builds one answer from the chunks of a stream. */
export function createAssembly(options: { tools: readonly ToolSpec[]; requestBytes: number }) {
  const filter = createMarkupFilter()
  const calls: Call[] = []
  /** Where the pieces of each wire index go: two calls may share one index, one after the other. */
  const callAtIndex = new Map<number, number>()
  let reasoning = ''
  let text = ''
  let finishReason: string | undefined
  let usage: Usage | undefined

  function* take(chunk: Chunk): Generator<ModelEvent> {
    if (chunk.usage) usage = usageOf(chunk.usage)
    const choice = chunk.choices?.[0]
    if (!choice) return
    const { delta } = choice
    const thought = delta?.reasoning_content || delta?.reasoning || ''
    if (thought !== '') {
      reasoning += thought
      yield { type: 'reasoning', text: thought }
    }
    yield* visible(filter.push(delta?.content ?? ''))
    for (const piece of delta?.tool_calls ?? []) yield takePiece(piece)
    finishReason = choice.finish_reason ?? finishReason
  }

  /** What is known at the end of the stream; undefined while no finish reason has come. */
  function* finish(): Generator<ModelEvent> {
    const held = filter.end()
    const leaked = held === '' || calls.length > 0 ? undefined : readMarkup(held, options.tools)
    if (!leaked) yield* visible(held)
    const answer: Answer = {
      finishReason: leaked ? 'tool_calls' : (finishReason ?? ''),
      reasoning,
      text,
      calls: leaked ?? calls.map(({ name, arguments: args }) => ({ name, arguments: args })),
      usage: usage ?? estimate(),
      brokenMarkup: held !== '' && !leaked && calls.length === 0 && namesTool(held, options.tools),
    }
    yield { type: 'complete', answer }
  }

  function* visible(piece: string): Generator<ModelEvent> {
    if (piece === '') return
    text += piece
    yield { type: 'text', text: piece }
  }

  function takePiece(piece: CallPiece): ModelEvent {
    const index = piece.index ?? Math.max(0, calls.length - 1)
    const id = piece.id ?? ''
    const name = piece.function?.name ?? ''
    const place = callAtIndex.get(index)
    let call = place === undefined ? undefined : calls[place]
    if (!call || beginsAnother({ call, id, name })) {
      call = { id, name, arguments: '', end: createJsonEnd() }
      callAtIndex.set(index, calls.push(call) - 1)
    }
    const args = piece.function?.arguments ?? ''
    call.arguments += args
    call.end.push(args)
    return { type: 'arguments', index: calls.indexOf(call), text: args }
  }

  function estimate(): Usage {
    const input = tokens(options.requestBytes)
    const written = reasoning + text + calls.map((call) => call.name + call.arguments).join('')
    const output = tokens(Buffer.byteLength(written))
    return { input, output, reasoning: tokens(Buffer.byteLength(reasoning)), cacheHit: 0, cacheMiss: input }
  }

  return { take, finish, finishReason: () => finishReason }
}

/** Whether a piece under the index of `call` is the first one of the next call. */
function beginsAnother({ call, id, name }: { call: Call; id: string; name: string }): boolean {
  if (id !== '' && call.id !== '') return id !== call.id
  return name !== '' && (name !== call.name || call.end.isWhole)
}

function tokens(bytes: number): number {
  return Math.ceil(bytes / bytesPerToken)
}

/** A tool's name where the markup of a call has it, not in prose. */
function namesTool(markup: string, tools: readonly ToolSpec[]): boolean {
  return tools.some(({ name }) => markup.includes(`"${name}"`) || markup.includes(`>${name}`))
}
