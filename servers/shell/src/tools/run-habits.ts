import type { Arguments, Note } from '@auroracoder/kit'
import { quote } from '../bash/quote.js'
import { timeoutMs } from '../limits.js'

const otherNames: ReadonlyMap<string, string> = new Map([
  ['cmd', 'command'],
  ['script', 'command'],
  ['workdir', 'cwd'],
  ['working_directory', 'cwd'],
  ['directory', 'cwd'],
  ['run_in_background', 'background'],
  ['is_background', 'background'],
  ['yield_time_ms', 'yield_ms'],
])

/** What models send from the habits that other shells taught them, in the names and units of this one. */
export function acceptRunHabits(raw: Arguments, note: Note): Arguments {
  const args: Arguments = {}
  for (const [name, value] of Object.entries(raw)) {
    const ours = otherNames.get(name) ?? name
    if (ours === name || !Object.hasOwn(raw, ours)) args[ours] = value
  }
  if (Array.isArray(args.command)) args.command = joinWords(args.command)
  if (typeof args.timeout === 'number' && args.timeout_ms === undefined) {
    const { timeout, ...rest } = args
    return withTextEnv({ ...rest, timeout_ms: asMs(timeout, note) })
  }
  return withTextEnv(args)
}

/** `["bash", "-lc", SOURCE]` is the source; any other list is one command of quoted words. */
function joinWords(words: readonly unknown[]): unknown {
  if (!words.every((word) => typeof word === 'string')) return words
  const [program = '', flag = '', source] = words
  if (words.length === 3 && /^(?:.*\/)?(?:ba)?sh$/.test(program) && /^-l?c$/.test(flag)) return source
  return words.map(quote).join(' ')
}

/** Small numbers are seconds: nobody means to kill a command within that many milliseconds. */
function asMs(timeout: number, note: Note): number {
  if (timeout >= 1_000) return timeout
  note(`Took "timeout": ${timeout} as seconds; the field is "timeout_ms".`)
  return Math.max(timeoutMs.min, timeout * 1_000)
}

function withTextEnv(args: Arguments): Arguments {
  const { env } = args
  if (typeof env !== 'object' || env === null || Array.isArray(env)) return args
  const entries = Object.entries(env).map(([name, value]) => [
    name,
    typeof value === 'number' || typeof value === 'boolean' ? String(value) : value,
  ])
  return { ...args, env: Object.fromEntries(entries) }
}
