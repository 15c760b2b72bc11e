import { createHash, type Hash } from 'node:crypto'
import { bytesPerToken } from './token.js'

/** Tokens between two units inside a long text. */
const unitEveryTokens = 1_024
const unitEveryBytes = unitEveryTokens * bytesPerToken
/** Units kept over all models; the ones stored first go first. */
const unitsMaxDefault = 500_000

export interface PrefixCache {
  /** Looks a prompt up, then stores its units: one every 1,024 tokens and one at its end. */
  readPrompt(model: string, lines: readonly string[]): PromptReading
}

export interface PromptReading {
  readonly promptBytes: number
  /** Bytes of the longest stored unit that this prompt starts with. */
  readonly hitBytes: number
  /** Identifies the prompt (with its model), hex. */
  readonly digest: string
  /** Stores the units of an answer that was sent whole: its line is what the next prompt goes on with. */
  storeAnswer(line: string): void
}

/**
 * The context cache of https://api-docs.deepseek.com/guides/kv_cache (2026-09): whole prefix units, never parts of one.
 * A unit ends where a prompt or an answer ended or at a multiple of 1,024 tokens, and lines hold no raw line break, so
 * the only places of a new prompt where a stored unit can end are its own line ends and those multiples.
 */
export function createPrefixCache({ unitsMax = unitsMaxDefault }: { unitsMax?: number } = {}): PrefixCache {
  const units = new Set<string>()

  function store(unit: string): void {
    units.delete(unit)
    units.add(unit)
    const oldest = units.size > unitsMax ? units.values().next().value : undefined
    if (oldest !== undefined) units.delete(oldest)
  }

  return {
    readPrompt(model, lines) {
      const hash = createHash('sha256').update(`${model}\n`)
      const places: Place[] = []
      for (const line of lines) places.push(...walkLine(hash, line, places.at(-1)?.bytes ?? 0))
      const hit = places.findLast(({ unit }) => units.has(unit))
      const promptBytes = places.at(-1)?.bytes ?? 0
      for (const { bytes, unit } of places) {
        if (bytes % unitEveryBytes === 0 || bytes === promptBytes) store(unit)
      }
      return {
        promptBytes,
        hitBytes: hit?.bytes ?? 0,
        digest: hash.copy().digest('hex'),
        storeAnswer(line) {
          for (const { unit } of walkLine(hash.copy(), line, promptBytes)) store(unit)
        },
      }
    },
  }
}

interface Place {
  /** Bytes from the start of the prompt. */
  readonly bytes: number
  readonly unit: string
}

/** Feeds a line to the running hash; a place at every multiple of the unit size inside it and one at its end. */
function walkLine(hash: Hash, line: string, before: number): Place[] {
  const bytes = Buffer.from(line)
  const places: Place[] = []
  let from = 0
  while (from < bytes.length) {
    const to = Math.min(bytes.length, from + unitEveryBytes - ((before + from) % unitEveryBytes))
    hash.update(bytes.subarray(from, to))
    from = to
    places.push({ bytes: before + to, unit: hash.copy().digest('base64') })
  }
  return places
}
