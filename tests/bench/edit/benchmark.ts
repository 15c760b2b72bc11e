import { join, resolve } from 'node:path'
import { type Benchmark, type Options, UsageError, type World, wholeNumber } from '../benchmark.js'
import { aloneNote } from '../mcp/peers.js'
import { createRandom } from '../random.js'
import { type Contestant, canSay, startContestants } from './contestants.js'
import { type Miss, writeMisses } from './misses.js'
import type { Row } from './row.js'
import { rows } from './rows/rows.js'
import { runCase, type Trial } from './run-case.js'
import { readSubjects, type Subjects } from './subjects.js'
import { createTally, editTable, summaryOf, summaryTable, type Tally } from './tally.js'

export const editBenchmark: Benchmark = {
  name: 'edit',
  summary: 'edits of real changes, each perturbed as models and the world perturb them, against other servers',
  options: {
    hunks: 'NUMBER  cases of each row (400)',
    rows: 'LETTERS  only these rows (all)',
    repo: 'FOLDER  a git repository to take changes from; may be given several times',
  },
  async run({ options, seed, world }) {
    const hunks = wholeNumber(options, { name: 'hunks', fallback: 400 })
    const repos = (options.repo ?? []).map((repo) => resolve(world.folder, repo))
    const chosen = chosenRows(options)
    const subjects = await readSubjects({ repos, seed, world })
    const contestants = await startContestants(world)
    const tally = createTally()
    const misses: Miss[] = []
    try {
      for (const row of chosen) {
        world.say(`Row ${row.id}: ${row.title}`)
        const trials = trialsOf(row, { subjects, seed, limit: hunks })
        for (const trial of trials) misses.push(...(await play(trial, { contestants, tally })))
      }
    } finally {
      await Promise.all(contestants.map(({ server }) => server.close()))
    }
    const missesFolder = join(world.results, 'edit-misses')
    await writeMisses(missesFolder, misses)
    const shown = { rows: chosen, contestants, tally }
    return {
      options: { hunks, rows: chosen.map(({ id }) => id), repos },
      tables: [editTable(shown), summaryTable(shown)],
      notes: notesOf({ contestants, misses, missesFolder, world }),
      result: resultOf(shown),
    }
  },
}

function chosenRows({ rows: given }: Options): readonly Row[] {
  const letters = given?.join('').replaceAll(/[\s,]/g, '').toUpperCase()
  if (letters === undefined) return rows
  const unknown = [...letters].find((letter) => !rows.some(({ id }) => id === letter))
  if (unknown !== undefined || letters === '') {
    throw new UsageError(`--rows takes letters of ${rows.map(({ id }) => id).join('')}, found "${given?.join(' ')}".`)
  }
  return rows.filter(({ id }) => letters.includes(id))
}

interface TrialsRequest {
  subjects: Subjects
  seed: string
  limit: number
}

/** The first subjects that lend themselves to the row, one at a time: some cases are large. */
function* trialsOf(row: Row, { subjects, seed, limit }: TrialsRequest): Generator<Trial> {
  let left = Math.min(limit, row.casesMax ?? limit)
  for (const subject of subjects.list) {
    if (left === 0) return
    const random = createRandom(`${seed} ${row.id} ${subject.id}`)
    const made = row.build(subject, { random, siblings: subjects.siblingsOf(subject), filler: subjects.filler })
    if (!made) continue
    left -= 1
    yield { row, subject, made }
  }
}

/** Answers what ours missed. */
async function play(trial: Trial, to: { contestants: readonly Contestant[]; tally: Tally }): Promise<Miss[]> {
  const misses: Miss[] = []
  for (const contestant of to.contestants) {
    if (!canSay(contestant, trial.made)) continue
    const outcome = await runCase(contestant, trial)
    to.tally.count(trial.row, contestant, outcome)
    const wanted = trial.row.mustRefuse ? 'refused' : 'correct'
    const missed = outcome.verdict !== wanted || outcome.isSilent
    if (contestant.isOurs && missed) misses.push({ contestant, trial, outcome })
  }
  return misses
}

interface Facts {
  contestants: readonly Contestant[]
  misses: readonly Miss[]
  missesFolder: string
  world: World
}

function notesOf({ contestants, misses, missesFolder, world }: Facts): string[] {
  const alone = contestants.every(({ isOurs }) => isOurs)
  return [
    ...(alone ? [aloneNote(world)] : []),
    ...(misses.length > 0 ? [`${misses.length} misses of ours; the first of each cell are in ${missesFolder}`] : []),
  ]
}

function resultOf(shown: { rows: readonly Row[]; contestants: readonly Contestant[]; tally: Tally }) {
  return shown.contestants.map((contestant) => ({
    contestant: contestant.label,
    server: `${contestant.server.name} ${contestant.server.version}`,
    ...summaryOf(shown, contestant),
    rows: Object.fromEntries(shown.rows.map((row) => [row.id, shown.tally.cell(row, contestant)])),
  }))
}
