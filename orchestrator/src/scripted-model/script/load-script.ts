import { readFile } from 'node:fs/promises'
import { firstProblem } from '../describe-issue.js'
import { describePosition, JsonSyntaxError, pathKey, scanJson } from './json-scan.js'
import { type Script, type ScriptInput, scriptSchema } from './script.js'

/** A script that cannot be played; the message names the file, the place, the field and what was expected. */
export class ScriptError extends Error {
  override readonly name = 'ScriptError'
}

/** Reads a script from a JSON file (UTF-8). */
export async function loadScript(path: string): Promise<Script> {
  const text = await readFile(path, 'utf8').catch((error: Error) => {
    throw new ScriptError(`${path}: expected a readable JSON file: ${error.message}`, { cause: error })
  })
  const offsets = scan(path, text)
  const parsed = scriptSchema.safeParse(JSON.parse(text))
  if (parsed.success) return parsed.data
  const problem = firstProblem(parsed.error)
  const position = describePosition(text, nearestOffset(offsets, problem.path))
  throw new ScriptError(`${path}, ${position}: ${problem.field}: ${problem.message}`)
}

/** Checks a script that did not come from a file. */
export function parseScript(script: ScriptInput): Script {
  const parsed = scriptSchema.safeParse(script)
  if (parsed.success) return parsed.data
  const problem = firstProblem(parsed.error)
  throw new ScriptError(`the script is not valid: ${problem.field}: ${problem.message}`)
}

function scan(path: string, text: string): Map<string, number> {
  try {
    return scanJson(text)
  } catch (error) {
    if (!(error instanceof JsonSyntaxError)) throw error
    const found = error.offset < text.length ? JSON.stringify(text[error.offset]) : 'the end of the file'
    const position = describePosition(text, error.offset)
    throw new ScriptError(`${path}, ${position}: not JSON: ${error.message}, found ${found}`, { cause: error })
  }
}

/** A missing field has no place of its own; its parent has. */
function nearestOffset(offsets: ReadonlyMap<string, number>, path: readonly PropertyKey[]): number {
  for (let depth = path.length; depth > 0; depth -= 1) {
    const offset = offsets.get(pathKey(path.slice(0, depth)))
    if (offset !== undefined) return offset
  }
  return offsets.get('') ?? 0
}
