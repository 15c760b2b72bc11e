import type { Table } from './report/table.js'

/** What a benchmark may use of the machine. */
export interface World {
  /** Root of the product's sources. */
  readonly checkout: string
  /** Where the command was given: relative paths are meant from here. */
  readonly folder: string
  /** Where the result file goes, and what belongs to it. */
  readonly results: string
  /** Empty; gone after the run. */
  readonly scratch: string
  readonly env: NodeJS.ProcessEnv
  /** Of progress, for a person. */
  say(line: string): void
}

/** The words after the benchmark's name, by option; all of them take a value. */
export type Options = Readonly<Record<string, readonly string[] | undefined>>

export interface Report {
  /** The options as they were used, defaults included. */
  readonly options: object
  readonly tables: readonly Table[]
  readonly notes: readonly string[]
  readonly result: object
}

export interface Benchmark {
  readonly name: string
  readonly summary: string
  /** Its own options, by name, in words. `--seed` and `--out` are everybody's. */
  readonly options: Readonly<Record<string, string>>
  run(request: { options: Options; seed: string; world: World }): Promise<Report>
}

/** What the person who gave the command can put right. */
export class UsageError extends Error {
  override readonly name = 'UsageError'
}

export function wholeNumber(options: Options, { name, fallback }: { name: string; fallback: number }): number {
  const text = options[name]?.at(-1)
  if (text === undefined) return fallback
  if (/^[1-9]\d{0,6}$/.test(text)) return Number(text)
  throw new UsageError(`--${name} must be a whole number from 1, found "${text}".`)
}
