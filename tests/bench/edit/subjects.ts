import { extname } from 'node:path'
import type { World } from '../benchmark.js'
import { createRandom } from '../random.js'
import type { FilePair } from '../sources/file-pair.js'
import { hunksOf } from '../sources/hunks.js'
import { readSources } from '../sources/sources.js'
import { type Subject, subjectOf } from './subject.js'

export interface Subjects {
  /** In an order in which every source has an equal share of any beginning. */
  readonly list: readonly Subject[]
  siblingsOf(subject: Subject): readonly Subject[]
  /** Lines of other files. */
  readonly filler: readonly string[]
}

const filesPerSource = 400
const fillerFiles = 150

export async function readSubjects(request: {
  repos: readonly string[]
  seed: string
  world: World
}): Promise<Subjects> {
  const { repos, seed, world } = request
  const random = createRandom(`${seed} sources`)
  const sources = await readSources({ checkout: world.checkout, repos, limit: filesPerSource, random })
  const bySource: Subject[][] = []
  const families = new Map<Subject, readonly Subject[]>()
  for (const [index, pairs] of sources.entries()) {
    const hunks = await hunksOf(pairs, world.scratch)
    const files = hunks.map((own, file) =>
      own.flatMap((hunk, number) => subjectOf(hunk, `${index}-${file}-${number}`) ?? []),
    )
    for (const file of files) for (const subject of file) families.set(subject, file)
    bySource.push(random.shuffled(files.flat()))
    world.say(`${pairs[0]?.source}: ${pairs.length} files, ${files.flat().length} hunks (${languagesOf(pairs)})`)
  }
  return {
    list: inTurns(bySource),
    siblingsOf: (subject) => (families.get(subject) ?? []).filter((other) => other !== subject),
    filler: random
      .shuffled(sources.flat())
      .slice(0, fillerFiles)
      .flatMap(({ before }) => before.split('\n')),
  }
}

function inTurns(lists: readonly (readonly Subject[])[]): Subject[] {
  const longest = Math.max(0, ...lists.map(({ length }) => length))
  return Array.from({ length: longest }, (_, turn) => lists.flatMap((list) => list[turn] ?? [])).flat()
}

function languagesOf(pairs: readonly FilePair[]): string {
  return [...new Set(pairs.map(({ path }) => extname(path) || 'none'))].sort().join(' ')
}
