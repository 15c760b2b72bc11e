import type { ToolSpec } from '../model.js'
import { createCursor } from './cursor.js'

export interface MarkupCall {
  name: string
  /** JSON of an object. */
  arguments: string
}

/**
 * The calls that leaked markup stands for: only if it is complete, is followed by nothing else, and every call names
 * a known tool with readable arguments. Everything else stays text.
 */
export function readMarkup(markup: string, tools: readonly ToolSpec[]): MarkupCall[] | undefined {
  const calls = readDsml(markup, tools) ?? readTokens(markup) ?? readTagged(markup)
  if (!calls || calls.length === 0) return undefined
  return calls.every(({ name }) => tools.some((tool) => tool.name === name)) ? calls : undefined
}

const mark = String.raw`\s*(?:[｜|‖]{1,2}\s*DSML\s*[｜|‖]{1,2}\s*)?`
const dsml = {
  open: new RegExp(String.raw`<${mark}(?:tool_calls|function_calls|tool_use|calls)\s*>`, 'y'),
  close: new RegExp(String.raw`</${mark}(?:tool_calls|function_calls|tool_use|calls)\s*>`, 'y'),
  invoke: new RegExp(String.raw`<${mark}invoke\s+name\s*=\s*"([^"]+)"\s*>`, 'y'),
  invokeEnd: new RegExp(String.raw`</${mark}invoke\s*>`, 'y'),
  parameter: new RegExp(
    String.raw`<${mark}parameter\s+name\s*=\s*"([^"]+)"(?:\s+string\s*=\s*"(true|false)")?[^>]*>([\s\S]*?)</${mark}parameter\s*>`,
    'y',
  ),
  body: new RegExp(String.raw`([^<][\s\S]*?)(?=</${mark}invoke\s*>)`, 'y'),
}

/** `<｜DSML｜tool_calls><｜DSML｜invoke name="…"><｜DSML｜parameter name="…" string="true">…`, the section, which may lack its end, or bare calls. */
function readDsml(markup: string, tools: readonly ToolSpec[]): MarkupCall[] | undefined {
  const cursor = createCursor(markup)
  const calls: MarkupCall[] = []
  while (!cursor.atEnd()) {
    const inSection = cursor.take(dsml.open) !== undefined
    do {
      const call = readInvoke(cursor, tools)
      if (!call) return undefined
      calls.push(call)
    } while (inSection && !cursor.take(dsml.close) && !cursor.atEnd())
  }
  return calls
}

function readInvoke(cursor: ReturnType<typeof createCursor>, tools: readonly ToolSpec[]): MarkupCall | undefined {
  const name = cursor.take(dsml.invoke)?.[1]
  if (name === undefined) return undefined
  const body = cursor.take(dsml.body)?.[1]
  if (body !== undefined) {
    const args = objectJson(body)
    return args !== undefined && cursor.take(dsml.invokeEnd) ? { name, arguments: args } : undefined
  }
  const args = new Map<string, unknown>()
  while (!cursor.take(dsml.invokeEnd)) {
    const [, key, isString, raw] = cursor.take(dsml.parameter) ?? []
    if (key === undefined || raw === undefined || args.has(key)) return undefined
    const value = parameterValue({ raw, isString, schema: tools.find((tool) => tool.name === name)?.inputSchema, key })
    if (value === undefined) return undefined
    args.set(key, value)
  }
  return { name, arguments: JSON.stringify(Object.fromEntries(args)) }
}

/** `string="true"` is literal text, `"false"` is JSON; where the attribute is missing the tool's schema decides. */
function parameterValue(options: {
  raw: string
  isString: string | undefined
  schema: Record<string, unknown> | undefined
  key: string
}): unknown {
  const { raw, isString } = options
  if (isString === 'true') return raw
  const value = parsed(raw)
  if (isString === 'false') return value
  return value === undefined || declaredType(options.schema, options.key) === 'string' ? raw : value
}

function declaredType(schema: Record<string, unknown> | undefined, key: string): unknown {
  const properties = schema?.properties
  if (!isRecord(properties)) return undefined
  const property = properties[key]
  return isRecord(property) ? property.type : undefined
}

const token = (name: string) => String.raw`<[｜|]\s*${name.replaceAll('_', '[▁_]')}\s*[｜|]>`
const tokens = {
  open: new RegExp(token('tool_calls_begin'), 'y'),
  close: new RegExp(token('tool_calls_end'), 'y'),
  call: new RegExp(
    `${token('tool_call_begin')}(?:function\\s*${token('tool_sep')})?\\s*([A-Za-z0-9_-]+)\\s*(?:${token('tool_sep')})?([\\s\\S]*?)${token('tool_call_end')}`,
    'y',
  ),
}

/** The special tokens of V3 and R1: `<｜tool▁calls▁begin｜><｜tool▁call▁begin｜>name<｜tool▁sep｜>{…}<｜tool▁call▁end｜>…` */
function readTokens(markup: string): MarkupCall[] | undefined {
  const cursor = createCursor(markup)
  const calls: MarkupCall[] = []
  if (!cursor.take(tokens.open)) return undefined
  while (!cursor.take(tokens.close)) {
    const [, name, body] = cursor.take(tokens.call) ?? []
    const args = body === undefined ? undefined : objectJson(body.replace(/^\s*```(?:json)?|```\s*$/g, ''))
    if (name === undefined || args === undefined) return undefined
    calls.push({ name, arguments: args })
  }
  return cursor.atEnd() ? calls : undefined
}

const tagged = /<tool_call>([\s\S]*?)<\/tool_call>/y

/** `<tool_call>{"name": …, "arguments": {…}}</tool_call>`, as Qwen and GLM templates write it. */
function readTagged(markup: string): MarkupCall[] | undefined {
  const cursor = createCursor(markup)
  const calls: MarkupCall[] = []
  while (!cursor.atEnd()) {
    const call = parsed(cursor.take(tagged)?.[1] ?? '')
    if (!isRecord(call) || typeof call.name !== 'string' || !isRecord(call.arguments)) return undefined
    calls.push({ name: call.name, arguments: JSON.stringify(call.arguments) })
  }
  return calls
}

function objectJson(text: string): string | undefined {
  return isRecord(parsed(text)) ? text.trim() : undefined
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
