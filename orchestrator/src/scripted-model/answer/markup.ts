/**
 * Forms in which DeepSeek models have been seen to write a tool call into their text instead of calling. The official
 * ones are of V4 (`dsml-v4`), V3.2 (`dsml-v32`), V3.1 (`tokens-v31`) and V3/R1 (`tokens-v3`); the others are reported
 * corruptions of them: doubled, ASCII and other bars, blanks, a missing frame, and markup without the marker.
 */
export const markupVariants = [
  'dsml-v4',
  'dsml-v32',
  'dsml-double',
  'dsml-double-spaced',
  'dsml-ascii',
  'dsml-ascii-double',
  'dsml-ascii-spaced',
  'dsml-parallel-bar',
  'dsml-bare-invoke',
  'dsml-unterminated',
  'dsml-json',
  'xml',
  'tokens-v31',
  'tokens-v3',
  'tokens-ascii',
  'tool-call-json',
] as const

export type MarkupVariant = (typeof markupVariants)[number]

export interface MarkupCall {
  readonly name: string
  /** JSON text. */
  readonly arguments: string
}

/** The calls as the text that leaks. */
export function renderMarkup(calls: readonly MarkupCall[], variant: MarkupVariant): string {
  return renderers[variant](calls)
}

type Renderer = (calls: readonly MarkupCall[]) => string

const renderers: Readonly<Record<MarkupVariant, Renderer>> = {
  'dsml-v4': dsml({ marker: '｜DSML｜', section: 'tool_calls' }),
  'dsml-v32': dsml({ marker: '｜DSML｜', section: 'function_calls' }),
  'dsml-double': dsml({ marker: '｜｜DSML｜｜', section: 'tool_calls' }),
  'dsml-double-spaced': dsml({ marker: '｜｜DSML｜｜ ', section: 'calls' }),
  'dsml-ascii': dsml({ marker: '|DSML|', section: 'tool_calls' }),
  'dsml-ascii-double': dsml({ marker: '||DSML||', section: 'tool_calls' }),
  'dsml-ascii-spaced': dsml({ marker: ' | DSML | ', section: 'tool_use' }),
  'dsml-parallel-bar': dsml({ marker: '‖DSML‖', section: 'tool_calls' }),
  'dsml-bare-invoke': dsml({ marker: '｜DSML｜', section: undefined }),
  'dsml-unterminated': (calls) =>
    dsml({ marker: '｜DSML｜', section: 'tool_calls' })(calls).replace(/\n<\/｜DSML｜tool_calls>$/u, ''),
  'dsml-json': dsml({ marker: '｜DSML｜', section: 'tool_calls', parameters: (call) => call.arguments }),
  xml: dsml({ marker: '', section: 'function_calls' }),
  'tokens-v31': tokens({
    bar: '｜',
    space: '▁',
    call: (call, separator) => `${call.name}${separator}${call.arguments}`,
  }),
  'tokens-v3': tokens({ bar: '｜', space: '▁', call: fenced }),
  'tokens-ascii': tokens({
    bar: '|',
    space: '_',
    call: (call, separator) => `${call.name}${separator}${call.arguments}`,
  }),
  'tool-call-json': (calls) =>
    calls
      .map(
        (call) => `<tool_call>\n{"name": ${JSON.stringify(call.name)}, "arguments": ${call.arguments}}\n</tool_call>`,
      )
      .join('\n'),
}

interface DsmlForm {
  marker: string
  /** The frame around the invokes; none for a bare invoke. */
  section: string | undefined
  parameters?: (call: MarkupCall) => string
}

function dsml({ marker, section, parameters = (call) => parameterLines(call, marker) }: DsmlForm): Renderer {
  return (calls) => {
    const invokes = calls.map(
      (call) => `<${marker}invoke name="${call.name}">\n${parameters(call)}\n</${marker}invoke>`,
    )
    return (section ? [`<${marker}${section}>`, ...invokes, `</${marker}${section}>`] : invokes).join('\n')
  }
}

/** A string stands as it is, anything else as JSON, and an attribute says which. */
function parameterLines(call: MarkupCall, marker: string): string {
  return Object.entries(parseArguments(call.arguments))
    .map(([name, value]) => {
      const text = typeof value === 'string' ? value : JSON.stringify(value)
      return `<${marker}parameter name="${name}" string="${typeof value === 'string'}">${text}</${marker}parameter>`
    })
    .join('\n')
}

function parseArguments(text: string): object {
  try {
    const value: unknown = JSON.parse(text)
    return typeof value === 'object' && value !== null ? value : { arguments: text }
  } catch {
    return { arguments: text }
  }
}

interface TokenForm {
  bar: string
  space: string
  call: (call: MarkupCall, separator: string) => string
}

function tokens({ bar, space, call: render }: TokenForm): Renderer {
  const token = (...words: string[]) => `<${bar}${words.join(space)}${bar}>`
  const separator = token('tool', 'sep')
  return (calls) => {
    const rendered = calls.map(
      (call) => `${token('tool', 'call', 'begin')}${render(call, separator)}${token('tool', 'call', 'end')}`,
    )
    return [token('tool', 'calls', 'begin'), ...rendered, token('tool', 'calls', 'end')].join('')
  }
}

function fenced(call: MarkupCall, separator: string): string {
  return `function${separator}${call.name}\n\`\`\`json\n${call.arguments}\n\`\`\``
}
