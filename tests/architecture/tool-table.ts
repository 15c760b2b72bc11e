import type { Offer } from './offers.js'

export const tableStart = '<!-- tools -->'
export const tableEnd = '<!-- /tools -->'

type Tool = Offer['tools'][number]

/** The README's table of a server's tools, with its markers. */
export function toolTable(tools: readonly Tool[]): string {
  const rows = tools.map((tool) => {
    const cells = [`\`${tool.name}\``, firstSentence(tool), hintsOf(tool), parametersOf(tool)]
    return `| ${cells.map(cell).join(' | ')} |`
  })
  return [tableStart, '| tool | what it does | hints | parameters |', '|---|---|---|---|', ...rows, tableEnd].join('\n')
}

/** What stands in a README now; `undefined` without the two markers. */
export function tableIn(readme: string): string | undefined {
  const start = readme.indexOf(tableStart)
  const end = readme.indexOf(tableEnd, start)
  return start >= 0 && end >= 0 ? readme.slice(start, end + tableEnd.length) : undefined
}

function firstSentence({ description = '' }: Tool): string {
  // "e.g." ends no sentence.
  return /^.*?(?<!\be\.g)\.(?=\s+["A-Z]|\s*$)/s.exec(description)?.[0] ?? description
}

function hintsOf({ annotations }: Tool): string {
  const kind = annotations?.readOnlyHint ? 'read-only' : annotations?.destructiveHint ? 'destructive' : 'adds only'
  return [
    kind,
    ...(annotations?.idempotentHint && !annotations.readOnlyHint ? ['idempotent'] : []),
    ...(annotations?.openWorldHint ? ['open world'] : []),
  ].join(', ')
}

/** Optional ones with a question mark. */
function parametersOf({ inputSchema }: Tool): string {
  const names = Object.keys(inputSchema.properties ?? {})
  return names.map((name) => `\`${name}${inputSchema.required?.includes(name) ? '' : '?'}\``).join(', ')
}

function cell(text: string): string {
  return text.replace(/\s+/g, ' ').replaceAll('|', '\\|')
}
