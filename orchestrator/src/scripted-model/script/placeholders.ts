/** `{{last}}`, `{{1}}`, `{{name}}`; a backslash before it keeps it as text. */
const placeholder = /(\\?)\{\{(\w+)\}\}/gu

/** Replaces each placeholder by its value; unknown ones were refused when the script was read. */
export function fillText(text: string, values: ReadonlyMap<string, string>): string {
  return text.replace(placeholder, (whole, backslash: string, name: string) =>
    backslash === '' ? (values.get(name) ?? '') : whole.slice(1),
  )
}

/** Fills every string inside a JSON value; keys stay as they are. */
export function fillValue(value: unknown, values: ReadonlyMap<string, string>): unknown {
  if (typeof value === 'string') return fillText(value, values)
  if (Array.isArray(value)) return value.map((item) => fillValue(item, values))
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, fillValue(item, values)]))
}

export function placeholderNames(value: unknown): string[] {
  if (typeof value === 'string') {
    return [...value.matchAll(placeholder)].flatMap(([, backslash, name]) => (backslash === '' && name ? [name] : []))
  }
  if (typeof value !== 'object' || value === null) return []
  return Object.values(value).flatMap(placeholderNames)
}

/** What a match offers: `0` is the whole of it, then its groups by number and by name. */
export function matchValues(match: RegExpMatchArray): [string, string][] {
  const numbered = Array.from(match, (group, index): [string, string] => [String(index), group ?? ''])
  const named = Object.entries(match.groups ?? {}).map(([name, group]): [string, string] => [name, group ?? ''])
  return [...numbered, ...named]
}
