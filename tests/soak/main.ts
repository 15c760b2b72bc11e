import { parseArgs } from 'node:util'
import { renderTable } from '../bench/report/table.js'
import { runSoak, type SoakOptions } from './soak.js'
import { judge } from './verdict.js'

const minuteMs = 60_000
/** For each minute, so that a longer soak is as hard as a short one. */
const connectsPerMinute = 1_000

/** Answers the exit code: 0 held, 1 did not, 2 wrong usage. */
export async function main(args: readonly string[]): Promise<number> {
  const minutes = minutesIn(args)
  if (minutes === undefined) {
    process.stderr.write('npm run soak -- [--minutes NUMBER] (1), [--seed TEXT] (1); NUMBER is above 0.\n')
    return 2
  }
  const seed = parse(args)?.seed ?? '1'
  const { verdict } = await soakFor(minutes * minuteMs, { seed, say: (line) => process.stderr.write(`${line}\n`) })
  process.stdout.write(`\n${renderTable(verdict.table)}\n`)
  for (const problem of verdict.problems) process.stdout.write(`${problem}\n`)
  return verdict.isMet ? 0 : 1
}

export async function soakFor(durationMs: number, { seed, say }: Pick<SoakOptions, 'seed' | 'say'>) {
  const connects = Math.max(Math.round((durationMs / minuteMs) * connectsPerMinute), connectsPerMinute)
  const options = { durationMs, sessions: 100, connects, stalled: 50, seed, say }
  const report = await runSoak(options)
  return { report, verdict: judge(report, options) }
}

function minutesIn(args: readonly string[]): number | undefined {
  const text = parse(args)?.minutes
  const minutes = Number(text)
  return minutes > 0 && Number.isFinite(minutes) ? minutes : undefined
}

function parse(args: readonly string[]) {
  const options = {
    minutes: { type: 'string', default: '1' },
    seed: { type: 'string', default: '1' },
  } as const
  try {
    return parseArgs({ args: [...args], options, strict: true }).values
  } catch {
    return undefined
  }
}
