import { join } from 'node:path'
import type { World } from '../benchmark.js'
import { createRandom } from '../random.js'
import { readCommit, readLines } from './history.js'
import { type SessionScript, scriptOf } from './session-script.js'

const turnsMin = 20
const turnsMax = 60
/** More are never needed for so many turns. */
const commitsMax = 40

interface SessionsRequest {
  repos: readonly string[]
  /** From each repository at most so many. */
  count: number
  seed: string
  world: World
}

/** Sessions of 20 to 60 turns, each over neighbouring commits of one repository. */
export async function readSessions({ repos, count, seed, world }: SessionsRequest): Promise<SessionScript[]> {
  const sessions: SessionScript[] = []
  for (const [index, repo] of repos.entries()) {
    const random = createRandom(`${seed} living state ${index}`)
    let left = count
    for (const line of random.shuffled(await readLines(repo))) {
      if (left === 0) break
      const ids = line.slice(random.integer(Math.max(1, line.length - 3))).slice(0, commitsMax)
      const commits = []
      for (const id of ids) commits.push(await readCommit(repo, id))
      const start = commits[0]?.parent
      if (start === undefined) continue
      const folder = join(world.scratch, 'staged', `${index}-${left}`)
      const request = { turnsMax: random.between(turnsMin, turnsMax), random, folder, scratch: world.scratch }
      const turns = await scriptOf(commits, request)
      if (turns.length < turnsMin) continue
      sessions.push({ repo, start, turns })
      left -= 1
    }
    world.say(`${repo}: ${count - left} sessions`)
  }
  return sessions
}
