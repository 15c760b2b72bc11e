import { mkdtemp, realpath, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { parseArgs } from 'node:util'
import { type Benchmark, UsageError, type World } from './benchmark.js'
import { editBenchmark } from './edit/benchmark.js'
import { installPeers } from './mcp/install-peers.js'
import { writeResult } from './report/result-file.js'
import { renderTable } from './report/table.js'
import { speedBenchmark } from './speed/benchmark.js'

const benchmarks: readonly Benchmark[] = [editBenchmark, speedBenchmark]
const defaultSeed = '1'

/** Answers the exit code. */
export async function main(args: readonly string[], start: Omit<World, 'scratch' | 'say'>): Promise<number> {
  const scratch = await realpath(await mkdtemp(join(tmpdir(), 'auroracoder-bench-')))
  const world = { ...start, scratch, say: (line: string) => void process.stderr.write(`${line}\n`) }
  try {
    await dispatch(args, world)
    return 0
  } catch (error) {
    if (!(error instanceof UsageError)) throw error
    world.say(error.message)
    return 2
  } finally {
    await rm(scratch, { recursive: true, force: true })
  }
}

async function dispatch([name, ...args]: readonly string[], world: World): Promise<void> {
  if (name === 'install-peers') return installPeers(world)
  const benchmark = benchmarks.find((candidate) => candidate.name === name)
  if (!benchmark) throw new UsageError(usage(name))
  await runBenchmark(benchmark, { args, world })
}

function usage(name: string | undefined): string {
  const list = benchmarks.flatMap(({ name, summary, options }) => [
    `  ${name}: ${summary}`,
    ...Object.entries(options).map(([option, words]) => `      --${option} ${words}`),
  ])
  return [
    name === undefined ? 'Which benchmark?' : `There is no benchmark "${name}".`,
    'npm run bench -- NAME [--seed TEXT] [--out FILE] [options], with NAME one of',
    ...list,
    '  install-peers: install the servers that ours are compared with, outside of this checkout',
  ].join('\n')
}

async function runBenchmark(
  benchmark: Benchmark,
  { args, world }: { args: readonly string[]; world: World },
): Promise<void> {
  const options = optionsOf(benchmark, args)
  const seed = options.seed?.at(-1) ?? defaultSeed
  const report = await benchmark.run({ options, seed, world })
  for (const table of report.tables) process.stdout.write(`\n${renderTable(table)}\n`)
  for (const note of report.notes) process.stdout.write(`\n${note}\n`)
  const out = options.out?.at(-1)
  const file = out ? resolve(world.folder, out) : join(world.checkout, 'tests/bench/results', `${benchmark.name}.json`)
  const { checkout } = world
  await writeResult({ file, benchmark: benchmark.name, checkout, seed, options: report.options, result: report.result })
  process.stdout.write(`\nWritten to ${file}\n`)
}

function optionsOf(benchmark: Benchmark, args: readonly string[]) {
  const names = ['seed', 'out', ...Object.keys(benchmark.options)]
  const options = Object.fromEntries(names.map((name) => [name, { type: 'string', multiple: true } as const]))
  try {
    return parseArgs({ args: [...args], options, strict: true }).values
  } catch (error) {
    throw new UsageError(`${error instanceof Error ? error.message : error}\n\n${usage(undefined)}`)
  }
}
