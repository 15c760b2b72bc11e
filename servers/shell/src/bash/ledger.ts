import { setTimeout as sleep } from 'node:timers/promises'
import type { BashRecord, Job } from './records.js'
import type { Exit, Report, RunnerEvents, RunRequest } from './runner.js'

export interface LedgerOptions extends Pick<RunnerEvents, 'onEnded' | 'onJobEnded'> {
  /** A state is whole in this draft. */
  onSaved(draft: number): void
}

/** What bash owes: the report of the command it was given, its state after the last one, the ends of its jobs. */
export interface Ledger {
  /** Resolves when bash is ready for a command: what it had to forget is gone. */
  ready(): Promise<void>
  /** From now on bash is not ready before it has told that what was typed is forgotten. */
  expectForgetting(): void
  /** From now on a report is due. Resolves with it, or with the death of the shell. */
  expect(request: RunRequest): Promise<Report>
  /** A report is due, of this command or of any. */
  isPending(id?: number): boolean
  /** Jobs whose end has not been reported. */
  jobs(): Job[]
  /** First processes of everything that runs in the background. */
  leftBehind(): number[]
  enter(record: BashRecord): void
  close(exit: Exit): void
}

/** For the record that an interrupt at the wrong moment has swallowed. */
const readyWaitMs = 1_000

export function createLedger(options: LedgerOptions): Ledger {
  const jobs = new Map<number, Job>()
  const behind = new Map<number, number>()
  let pending: { id: number; behindPid?: number; resolve(report: Report): void } | undefined
  let forgotten: Promise<void> = Promise.resolve()
  let markForgotten = (): void => {}
  let death: Exit | undefined

  const settle = (report: Report): void => {
    const { resolve } = pending ?? {}
    pending = undefined
    resolve?.(report)
  }
  const enter = (record: BashRecord): void => {
    switch (record.kind) {
      case 'behind':
        if (pending?.id === record.id) pending.behindPid = record.pid
        behind.set(record.id, record.pid)
        break
      case 'done':
        for (const job of record.jobs) jobs.set(job.pid, job)
        if (pending?.id !== record.id) break
        if (pending.behindPid === undefined) settle(record)
        else settle({ kind: 'behind', pid: pending.behindPid, cwd: record.cwd })
        break
      case 'job': {
        const job = jobs.get(record.pid)
        jobs.delete(record.pid)
        if (job !== undefined) options.onJobEnded(job, record.exitCode)
        break
      }
      case 'saved':
        if (record.exitCode === 0) options.onSaved(record.draft)
        break
      case 'forgot':
        markForgotten()
        break
      case 'ended':
        behind.delete(record.id)
        options.onEnded(record.id, record.exitCode)
    }
  }
  return {
    ready: () => Promise.race([forgotten, sleep(readyWaitMs, undefined, { ref: false })]),
    expectForgetting() {
      forgotten = new Promise((done) => {
        markForgotten = done
      })
    },
    expect: ({ id }) =>
      new Promise((resolve) => {
        if (death !== undefined) return resolve({ kind: 'died', ...death, isStarted: true })
        pending = { id, resolve }
      }),
    isPending: (id) => pending !== undefined && (id === undefined || pending.id === id),
    jobs: () => [...jobs.values()],
    leftBehind: () => [...jobs.keys(), ...behind.values()],
    enter,
    close(exit) {
      death = exit
      markForgotten()
      settle({ kind: 'died', ...exit, isStarted: true })
    },
  }
}
