import { mkdtemp, realpath, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join, resolve } from 'node:path'
import { parseArgs } from 'node:util'
import { type Benchmark, UsageError, type World } from './benchmark.js'
import { editBenchmark } from './edit/benchmark.js'
import { livingStateBenchmark } from './living-state/benchmark.js'
import { installPeers } from './mcp/install-peers.js'
import { orchestratorBenchmark } from './orchestrator/benchmark.js'
import { installReleases } from './releases/install-releases.js'
import { npmPack } from './releases/pack.js'
import { releasedPackages } from './releases/released-packages.js'
import { writeResult } from './report/result-file.js'
import { renderTable } from './report/table.js'
import { sandboxBenchmark } from './sandbox/benchmark.js'
import { shellBenchmark } from './shell/benchmark.js'
import { speedBenchmark } from './speed/benchmark.js'

const benchmarks: readonly Benchmark[] = [
  editBenchmark,
  speedBenchmark,
  shellBenchmark,
  livingStateBenchmark,
  orchestratorBenchmark,
  sandboxBenchmark,
]
const defaultSeed = '1'

/** What the command is started with. */
export type Start = Pick<World, 'checkout' | 'folder' | 'env' | 'say'> & { print(text: string): void }

/** Answers the exit code. */
export async function main([name, ...args]: readonly string[], start: Start): Promise<number> {
  try {
    await dispatch(name, { args, start })
    return 0
  } catch (error) {
    if (!(error instanceof UsageError)) throw error
    start.say(error.message)
    return 2
  }
}

interface Command {
  args: readonly string[]
  start: Start
}

async function dispatch(name: string | undefined, command: Command): Promise<void> {
  if (name === 'install-peers') return install(command.start)
  const benchmark = benchmarks.find((candidate) => candidate.name === name)
  if (!benchmark) throw new UsageError(usage(name))
  await runBenchmark(benchmark, command)
}

async function install({ env, say }: Start): Promise<void> {
  await installPeers({ env, say })
  await installReleases({ packages: releasedPackages, pack: npmPack(env), env, say })
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
    '  install-peers: install, outside of this checkout, the servers that ours are compared with and the releases of',
    '      packages that sessions are made of; with npm',
  ].join('\n')
}

async function runBenchmark(benchmark: Benchmark, { args, start }: Command): Promise<void> {
  const { checkout, folder, env, say, print } = start
  const options = optionsOf(benchmark, args)
  const seed = options.seed?.at(-1) ?? defaultSeed
  const out = options.out?.at(-1)
  const file = out ? resolve(folder, out) : join(checkout, 'tests/bench/results', `${benchmark.name}.json`)
  const scratch = await realpath(await mkdtemp(join(tmpdir(), 'auroracoder-bench-')))
  try {
    const world = { checkout, folder, env, say, scratch, results: dirname(file) }
    const report = await benchmark.run({ options, seed, world })
    for (const table of report.tables) print(`\n${renderTable(table)}\n`)
    for (const note of report.notes) print(`\n${note}\n`)
    await writeResult({
      file,
      benchmark: benchmark.name,
      checkout,
      seed,
      options: report.options,
      result: report.result,
    })
    print(`\nWritten to ${file}\n`)
  } finally {
    await rm(scratch, { recursive: true, force: true })
  }
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
