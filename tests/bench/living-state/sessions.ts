import { join } from 'node:path'
import type { World } from '../benchmark.js'
import { createRandom, type Random } from '../random.js'
import { type Commit, readCommit, readLines } from './history.js'
import { type SessionScript, scriptOf } from './session-script.js'

const turnsMin = 20
const turnsMax = 60

/** A repository that sessions are made of. */
export interface Source {
  readonly label: string
  readonly repo: string
  /** At most so many. */
  readonly sessions: number
}

export interface Session extends SessionScript {
  readonly source: Source
}

interface SessionsRequest {
  sources: readonly Source[]
  seed: string
  world: Pick<World, 'scratch' | 'say'>
}

/** Sessions of 20 to 60 turns, each over neighbouring commits of one repository; no commit is in two of them. */
export async function readSessions({ sources, seed, world }: SessionsRequest): Promise<Session[]> {
  const sessions: Session[] = []
  for (const [index, source] of sources.entries()) {
    const random = createRandom(`${seed} living state ${index}`)
    const scratch = world.scratch
    const found = await sessionsOf(source, { random, scratch, staged: join(scratch, 'staged', `${index}`) })
    world.say(`${source.label}: ${found.length} sessions`)
    sessions.push(...found)
  }
  return sessions
}

interface Place {
  random: Random
  scratch: string
  staged: string
}

async function sessionsOf(source: Source, { random, scratch, staged }: Place): Promise<Session[]> {
  const { repo } = source
  const sessions: Session[] = []
  const waiting = random.shuffled(await readLines(repo))
  for (let tried = 0; sessions.length < source.sessions; tried += 1) {
    const line = waiting.shift()
    if (!line) break
    const from = random.integer(Math.max(1, line.length - 3))
    const commits: Commit[] = []
    const turns = await scriptOf(readOnDemand(repo, { ids: line.slice(from), read: commits }), {
      turnsMax: random.between(turnsMin, turnsMax),
      random,
      folder: join(staged, `${tried}`),
      scratch,
    })
    const rests = [line.slice(0, from), line.slice(from + commits.length)]
    waiting.push(...rests.filter(({ length }) => length > 0))
    const start = commits[0]?.parent
    if (start !== undefined && turns.length >= turnsMin) sessions.push({ source, repo, start, turns })
  }
  return sessions
}

/** Commits as they are asked for; those that have been are added to `read`. */
async function* readOnDemand(
  repo: string,
  { ids, read }: { ids: readonly string[]; read: Commit[] },
): AsyncGenerator<Commit> {
  for (const id of ids) {
    const commit = await readCommit(repo, id)
    read.push(commit)
    yield commit
  }
}
