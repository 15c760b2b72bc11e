import { mkdir, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import type { ToolCall, ToolServer } from '../mcp/tool-server.js'
import { createRandom } from '../random.js'
import { type Sampling, sampleInTurns, type Timing } from './sample.js'

/** Empty files under names such as people give, in folders as deep as those of a large project. */
export async function layPaths(root: string, { count, seed }: { count: number; seed: string }): Promise<void> {
  const random = createRandom(`${seed} paths`)
  const folders = new Set<string>()
  for (let made = 0; made < count; made += 1) {
    const depth = random.between(1, 6)
    const parts = Array.from({ length: depth }, () => `${random.pick(words)}${random.integer(12)}`)
    const name = `${random.pick(words)}-${random.pick(words)}-${made}.${random.pick(endings)}`
    const path = join(root, ...parts, name)
    if (!folders.has(dirname(path))) await mkdir(dirname(path), { recursive: true })
    folders.add(dirname(path))
    await writeFile(path, '')
  }
}

const words = 'user order cart price index render store event parse token cache query model route theme worker'.split(
  ' ',
)
const endings = ['ts', 'tsx', 'py', 'md', 'css', 'json']

export interface PathSearch {
  readonly label: string
  readonly server: ToolServer
  readonly call: ToolCall
}

export interface PathSearched {
  readonly label: string
  /** The first search, before anything is remembered. */
  readonly firstMs: number
  readonly warm: Timing
}

export async function measurePathSearch(searches: readonly PathSearch[], sampling: Sampling): Promise<PathSearched[]> {
  const searched: PathSearched[] = []
  for (const { label, server, call } of searches) {
    const start = performance.now()
    const answer = await server.call(call)
    const firstMs = performance.now() - start
    if (!answer.ok) throw new Error(`${label} failed: ${answer.text.slice(0, 500)}`)
    const task = { label, run: async () => void (await server.call(call)) }
    const timings = await sampleInTurns([task], affordable(sampling, firstMs))
    const warm = timings.get(label)
    if (warm) searched.push({ label, firstMs, warm })
  }
  return searched
}

/** Of a search that takes long, so many milliseconds of searches are enough. */
const sampledMsMax = 30_000
const roundsMin = 3

function affordable({ rounds, warmUp }: Sampling, firstMs: number): Sampling {
  return { rounds: Math.min(rounds, Math.max(roundsMin, Math.floor(sampledMsMax / firstMs))), warmUp }
}
