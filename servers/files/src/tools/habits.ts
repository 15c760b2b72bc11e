import type { Arguments } from '@auroracoder/kit'

/** Argument names that models carry over from other tools, by what they are called here. */
export type Habits = Readonly<Record<string, readonly string[]>>

export const pathHabits: Habits = { path: ['file', 'file_path', 'filePath', 'filename', 'target_file'] }

/** The arguments under their own names. An own name that is given wins over a habit. */
export function renamed(raw: Arguments, habits: Habits): Arguments {
  const args: Arguments = { ...raw }
  for (const [name, aliases] of Object.entries(habits)) {
    for (const alias of aliases) {
      if (!Object.hasOwn(args, alias)) continue
      if (args[name] === undefined) args[name] = args[alias]
      delete args[alias]
    }
  }
  return args
}

/** A list where one value, or the list as a JSON string, is accepted too. */
export function asList(value: unknown): unknown {
  if (value === undefined || value === null || Array.isArray(value)) return value
  const parsed = typeof value === 'string' ? parsedJson(value) : undefined
  return Array.isArray(parsed) ? parsed : [value]
}

/** `undefined` for what is not JSON. */
export function parsedJson(text: string): unknown {
  if (!/^\s*[[{]/.test(text)) return undefined
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

/** "true" and "false" as models write them now and then. */
export function asBoolean(value: unknown): unknown {
  if (value === 'true') return true
  return value === 'false' ? false : value
}

/** Numbers sent as strings. */
export function asNumber(value: unknown): unknown {
  return typeof value === 'string' && /^\s*\d{1,9}\s*$/.test(value) ? Number(value) : value
}
