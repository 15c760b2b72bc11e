export type Environment = Readonly<Record<string, string | undefined>>

/** A list with commas; `none` stands for an empty one. */
export function namesIn(list: string | undefined): string[] | undefined {
  const names = list?.split(',').map((name) => name.trim())
  return list === undefined || list === '' ? undefined : names?.filter((name) => name !== 'none')
}

/** Drops what was not given, so that it does not hide a value of lower rank. */
export function defined(settings: object): Record<string, unknown> {
  return Object.fromEntries(Object.entries(settings).filter(([, value]) => value !== undefined))
}
