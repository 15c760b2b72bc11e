import { type Benchmark, type World, wholeNumber } from '../benchmark.js'
import { aloneNote, filesystemPeer, startPeer } from '../mcp/peers.js'
import { filesServer, makeRoot } from '../mcp/start-server.js'
import type { ToolServer } from '../mcp/tool-server.js'
import { startEcho } from './echo.js'
import { type Measured, measureEditsAndReads } from './edits-and-reads.js'
import { startFilesContestants } from './files-contestants.js'
import { layCorpus, measureGrep, type Searched } from './grep.js'
import { layPaths } from './path-corpus.js'
import { measurePathSearches, type PathSearched, queriesOf } from './search-files.js'
import { editsAndReadsTable, grepTable, pathSearchTable } from './tables.js'

const fileSizes = [100, 10_000, 100_000]
const warmUp = 10
/** Of searches, which take longer and vary less. */
const searchRounds = 20

export const speedBenchmark: Benchmark = {
  name: 'speed',
  summary: 'how long edits, reads and searches take over stdio, against other servers and ripgrep',
  options: {
    rounds: 'NUMBER  of each edit and read (200)',
    paths: 'NUMBER  of files to search by name (100000)',
  },
  async run({ options, seed, world }) {
    const rounds = wholeNumber(options, { name: 'rounds', fallback: 200 })
    const paths = wholeNumber(options, { name: 'paths', fallback: 100_000 })
    const measured = await editsAndReads(world, rounds)
    const grep = await searchContents(world)
    const names = await searchNames(world, { count: paths, seed })
    return {
      options: { rounds, paths },
      tables: [
        editsAndReadsTable(measured),
        grepTable(grep.searched, grep.corpus),
        ...(names ? [pathSearchTable(names, paths)] : []),
      ],
      notes: [
        ...(names ? [] : ['The files server has no tool "search_files": searching by name was not measured.']),
        ...(new Set(measured.map(({ contestant }) => contestant)).size === 1 ? [aloneNote(world)] : []),
      ],
      result: { editsAndReads: measured, grep, names },
    }
  },
}

async function editsAndReads(world: World, rounds: number): Promise<Measured[]> {
  const contestants = await startFilesContestants(world)
  const echo = await startEcho(world.scratch)
  try {
    const measured: Measured[] = []
    for (const lines of fileSizes) {
      world.say(`Edits and reads of a file of ${lines} lines`)
      measured.push(...(await measureEditsAndReads({ contestants, echo, lines, sampling: { rounds, warmUp } })))
    }
    return measured
  } finally {
    await Promise.all([echo, ...contestants.map(({ server }) => server)].map((server) => server.close()))
  }
}

interface Grep {
  corpus: { files: number; bytes: number }
  searched: Searched[]
}

async function searchContents(world: World): Promise<Grep> {
  const root = await makeRoot(world, 'corpus')
  const corpus = await layCorpus(root, world.checkout)
  world.say(`Searches through ${corpus.files} files`)
  const server = await filesServer(world)(root)
  try {
    const sampling = { rounds: searchRounds, warmUp: 3 }
    return { corpus, searched: await measureGrep({ server, root, sampling }) }
  } finally {
    await server.close()
  }
}

/** `undefined` as long as the server has no such tool. */
async function searchNames(
  world: World,
  { count, seed }: { count: number; seed: string },
): Promise<PathSearched[] | undefined> {
  const root = await makeRoot(world, 'paths')
  const server = await filesServer(world)(root)
  const opened: ToolServer[] = [server]
  try {
    if (!(await server.toolNames()).includes('search_files')) return undefined
    world.say(`Searches over ${count} paths`)
    const name = layPaths(root, { count, seed })
    const sampling = { rounds: searchRounds, warmUp: 1 }
    const calls = queriesOf(name).map(({ what, query }) => ({ what, call: { name: 'search_files', args: { query } } }))
    const searched = await measurePathSearches({ label: 'ours', server, calls }, sampling)
    const peer = await startPeer(filesystemPeer, world)?.(root)
    if (!peer) return searched
    opened.push(peer)
    const call = { name: 'search_files', args: { path: root, pattern: '**/*render-cart*' } }
    const peers = { label: 'server-filesystem', server: peer, calls: [{ what: 'part of a name', call }] }
    return [...searched, ...(await measurePathSearches(peers, sampling))]
  } finally {
    await Promise.all(opened.map((one) => one.close()))
  }
}
