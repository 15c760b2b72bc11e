import { mkdir, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { Contestant } from './contestants.js'
import type { Outcome, Trial } from './run-case.js'

/** What one of ours missed, with all that is needed to try it again. */
export interface Miss {
  readonly contestant: Contestant
  readonly trial: Trial
  readonly outcome: Outcome
}

const perCellMax = 10

/** Writes the first misses of each cell as folders: the file before and after, what was expected, and the calls. */
export async function writeMisses(folder: string, misses: readonly Miss[]): Promise<void> {
  await rm(folder, { recursive: true, force: true })
  const counts = new Map<string, number>()
  for (const { contestant, trial, outcome } of misses) {
    const { row, subject, made } = trial
    const cell = join(row.id, contestant.form)
    const count = counts.get(cell) ?? 0
    counts.set(cell, count + 1)
    if (count >= perCellMax) continue
    const place = join(folder, cell, subject.id)
    await mkdir(place, { recursive: true })
    const { verdict, isSilent, exchange, got } = outcome
    const { source, path, start } = subject
    const about = { row: row.title, source, path, line: start + 1, verdict, isSilent, exchange }
    await writeFile(join(place, 'about.json'), `${JSON.stringify(about, undefined, 2)}\n`)
    const contents = { before: made.bytes, changed: made.changed, expected: made.accepted[0], got }
    for (const [name, bytes] of Object.entries(contents)) if (bytes) await writeFile(join(place, name), bytes)
  }
}
