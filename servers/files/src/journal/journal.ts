import { readdir, stat, unlink } from 'node:fs/promises'
import { join } from 'node:path'
import { type Call, Failure, type Log } from '@auroracoder/kit'
import type { Jail } from '@auroracoder/kit/jail'
import type { Locks } from '../disk/lock.js'
import { giveAnswer } from './answer.js'
import { pathState } from './path-state.js'
import {
  dropRecord,
  type Effect,
  type Intent,
  type JournalRecord,
  markDone,
  readRecord,
  recordPath,
  writeIntent,
} from './record.js'

/** Lets a call with a key change files once, however often it is sent, whatever dies in between. */
export interface Journal {
  run(call: Call, steps: JournalledCall): Promise<void>
  /** Settles when old records are gone. */
  swept(): Promise<void>
}

export interface JournalledCall {
  work(intend: Intend): Promise<void>
  /** The work was done before and the answer is given: shows how the files are by now. */
  repeat(effects: readonly Effect[]): Promise<void>
}

/** Told right before the first change what the changes and the answer will be; when it settles, that is on disk. */
export type Intend = (intent: Intent) => Promise<void>

export interface JournalOptions {
  readonly jail: Jail
  readonly locks: Locks
  readonly stateDir: string
  readonly limits?: JournalLimits
  readonly nowMs: () => number
  readonly log: Log
}

export interface JournalLimits {
  readonly recordsMax: number
  readonly bytesMax: number
  readonly ageMsMax: number
}

const journalLimits: JournalLimits = { recordsMax: 5_000, bytesMax: 64_000_000, ageMsMax: 7 * 24 * 3_600_000 }
/** Records between two sweeps. */
const sweepEvery = 500

export function createJournal(options: JournalOptions): Journal {
  const { jail, locks, stateDir, limits = journalLimits, nowMs, log } = options
  const folder = join(stateDir, 'journal')
  let written = 0
  const sweep = (): Promise<void> =>
    sweepRecords(folder, limits, nowMs()).catch((error: unknown) => {
      log.warn('old records of calls could not be swept', { folder, err: error })
    })
  let sweeping = sweep()

  const workOnce = async (path: string, { work }: JournalledCall): Promise<void> => {
    let intended: Intent | undefined
    try {
      await work(async (intent) => {
        await writeIntent(path, folder, intent).catch((cause: unknown) => {
          throw new Failure('Nothing was written: the call cannot be noted in the state folder.', { cause })
        })
        intended = intent
      })
    } catch (error) {
      // What has failed may be tried again, unless it has failed after the change.
      const outcome = intended && (await outcomeOf(jail, intended))
      if (outcome === 'undone' || outcome === 'partly') await dropRecord(path)
      throw error
    }
    if (!intended) return
    await markDone(path)
    written += 1
    if (written % sweepEvery === 0) sweeping = sweeping.then(sweep)
  }

  return {
    swept: () => sweeping,
    run(call, steps) {
      const { key } = call
      if (key === undefined) return steps.work(async () => {})
      return locks.run(`journal\0${key}`, async () => {
        const path = recordPath(folder, key)
        const record = await readRecord(path)
        if (!record || !(await wasDone(jail, record))) return workOnce(path, steps)
        if (!record.isDone) await markDone(path)
        giveAnswer(call.reply, record.answer)
        await steps.repeat(record.effects)
      })
    },
  }
}

/** Whether the work of a record was done. Throws when that cannot be told. */
async function wasDone(jail: Jail, record: JournalRecord): Promise<boolean> {
  if (record.isDone) return true
  const outcome = await outcomeOf(jail, record)
  if (outcome === 'done' || outcome === 'undone') return outcome === 'done'
  const names = record.effects.map(({ path }) => `"${jail.display(path)}"`).join(', ')
  throw new Failure(
    outcome === 'partly'
      ? `This call was cut short before and has changed only a part of ${names}. Look at what is there, and send a new call for the rest.`
      : `This call was cut short before, and whether it changed ${names} cannot be told: what is there now is neither as before nor as after it. Look at it before you repeat the change.`,
  )
}

type Outcome = 'done' | 'undone' | 'partly' | 'unknown'

/** What the paths themselves say about a change to them. */
async function outcomeOf(jail: Jail, { effects }: Pick<Intent, 'effects'>): Promise<Outcome> {
  const found = await Promise.all(effects.map(async (effect) => ({ effect, now: await pathState(jail, effect.path) })))
  if (found.every(({ effect, now }) => now === effect.after)) return 'done'
  if (found.every(({ effect, now }) => now === effect.before)) return 'undone'
  return found.every(({ effect, now }) => now === effect.before || now === effect.after) ? 'partly' : 'unknown'
}

/** The oldest records go first. */
async function sweepRecords(folder: string, limits: JournalLimits, nowMs: number): Promise<void> {
  const names = await readdir(folder).catch(() => [])
  const records = await Promise.all(
    names.map(async (name) => {
      const path = join(folder, name)
      const stats = await stat(path).catch(() => undefined)
      return stats ? [{ path, size: stats.size, writtenAtMs: stats.mtimeMs }] : []
    }),
  )
  const newestFirst = records.flat().sort((a, b) => b.writtenAtMs - a.writtenAtMs)
  let bytes = 0
  for (const [index, { path, size, writtenAtMs }] of newestFirst.entries()) {
    bytes += size
    const isKept = index < limits.recordsMax && bytes <= limits.bytesMax && nowMs - writtenAtMs <= limits.ageMsMax
    if (!isKept) await unlink(path).catch(() => undefined)
  }
}
