import type { ToolCall, ToolServer } from '../mcp/tool-server.js'
import { type Sampling, sampleInTurns, type Timing } from './sample.js'

/** Searches of one server, the first of which fills whatever it remembers. */
export interface PathSearches {
  readonly label: string
  readonly server: ToolServer
  readonly calls: readonly NamedCall[]
}

interface NamedCall {
  readonly what: string
  readonly call: ToolCall
}

export interface PathSearched {
  readonly label: string
  readonly what: string
  /** The server's very first search, which is only one of them. */
  readonly firstMs: number | undefined
  readonly warm: Timing
}

/** Every kind of query for which a search takes another way. `name` is that of a file. */
export function queriesOf(name: string): { what: string; query: string }[] {
  return [
    { what: 'exact name', query: name },
    { what: 'part of a name', query: 'render-cart' },
    { what: 'fragments', query: 'rendercart' },
    { what: 'scattered letters', query: 'rdrcrtjsn' },
    { what: 'several words', query: 'cart theme json' },
    { what: 'with a slash', query: 'driver/render' },
    { what: 'one letter', query: 'e' },
    { what: 'mistyped words', query: 'rendre carf' },
    { what: 'nothing found, some similar', query: 'zzrenderz cartz' },
    { what: 'nothing found, none similar', query: 'zzqqzzqq' },
  ]
}

export async function measurePathSearches(
  { label, server, calls }: PathSearches,
  sampling: Sampling,
): Promise<PathSearched[]> {
  const search = async (call: ToolCall): Promise<void> => {
    const answer = await server.call(call)
    if (!answer.ok) throw new Error(`${label} failed: ${answer.text.slice(0, 500)}`)
  }
  const [first] = calls
  if (!first) return []
  const start = performance.now()
  await search(first.call)
  const firstMs = performance.now() - start
  const tasks = calls.map(({ what, call }) => ({ label: what, run: () => search(call) }))
  const timings = await sampleInTurns(tasks, affordable(sampling, firstMs))
  return [...timings].map(([what, warm]) => ({ label, what, firstMs: what === first.what ? firstMs : undefined, warm }))
}

/** Of a search that takes long, so many milliseconds of searches are enough. */
const sampledMsMax = 30_000
const roundsMin = 3

function affordable({ rounds, warmUp }: Sampling, firstMs: number): Sampling {
  return { rounds: Math.min(rounds, Math.max(roundsMin, Math.floor(sampledMsMax / firstMs))), warmUp }
}
