import { join } from 'node:path'
import { Failure } from '@auroracoder/kit'
import type { Limits } from '../limits.js'
import { find, sweep } from '../process/sweep.js'
import { createSession, type EndedWork, type Session, type SessionOptions } from '../session/session.js'
import { createSnapshot } from '../session/snapshot.js'
import type { RunFolder } from './run-folder.js'

export interface SessionBookOptions extends Pick<SessionOptions, 'startRunner' | 'openScreen' | 'now'> {
  root: string
  stateDir: string
  limits: Limits
  run: RunFolder
  onEndedWork(conversation: string, work: EndedWork): void
}

export const newSession = 'new'

/** The sessions of one server, by conversation and name. */
export interface SessionBook {
  get(conversation: string, name: string): Session | undefined
  of(conversation: string): Session[]
  /** Makes the session if need be; `"new"` makes one with a name of its own and no earlier state. */
  open(conversation: string, name: string): Session
  /** Ends everything in a session; answers how many processes that were. */
  reset(conversation: string, options: { name: string; keepState: boolean }): Promise<number>
  close(): Promise<void>
}

interface Entry {
  conversation: string
  session: Session
}

export function createSessionBook(options: SessionBookOptions): SessionBook {
  const { limits, stateDir, root, run } = options
  const entries = new Map<string, Entry>()
  const closing = new Set<Promise<number>>()
  let made = 0

  const keyOf = (conversation: string, name: string): string => JSON.stringify([conversation, name])
  const snapshotOf = (conversation: string, name: string) =>
    createSnapshot({ stateDir, key: [root, conversation, name], ageMsMax: limits.snapshotAgeMsMax })

  const end = (sessions: readonly Session[], reason: string): Promise<number> => {
    for (const session of sessions) session.condemn(reason)
    const ended = sweep(sessions.map((session) => session.belonging())).finally(() => {
      for (const session of sessions) session.release()
      closing.delete(ended)
    })
    closing.add(ended)
    return ended
  }
  /** Its state stays on disk: the next session of that name takes over. */
  const closeOldestIdle = (): void => {
    const [oldest] = [...entries]
      .filter(([, { session }]) => isIdle(session))
      .sort(([, a], [, b]) => a.session.lastUsedAtMs() - b.session.lastUsedAtMs())
    if (oldest === undefined) throw tooManySessions(limits.sessionsMax)
    const [key, { session }] = oldest
    entries.delete(key)
    void end([session], 'its session was closed to make room')
  }
  const freshName = (conversation: string): string => {
    let number = 2
    while (entries.has(keyOf(conversation, `s${number}`))) number += 1
    return `s${number}`
  }
  const add = (conversation: string, name: string): Session => {
    if (entries.size >= limits.sessionsMax) closeOldestIdle()
    const number = ++made
    const session = createSession({
      ...options,
      name,
      cwd: root,
      mark: `${run.mark}${number}/`,
      folder: join(run.path, `session${number}`),
      snapshot: snapshotOf(conversation, name),
      onEndedWork: (work) => options.onEndedWork(conversation, work),
    })
    entries.set(keyOf(conversation, name), { conversation, session })
    return session
  }

  return {
    get: (conversation, name) => entries.get(keyOf(conversation, name))?.session,
    of: (conversation) =>
      [...entries.values()].flatMap((entry) => (entry.conversation === conversation ? [entry.session] : [])),
    open(conversation, asked) {
      if (asked !== newSession) return entries.get(keyOf(conversation, asked))?.session ?? add(conversation, asked)
      const name = freshName(conversation)
      snapshotOf(conversation, name).forget()
      return add(conversation, name)
    },
    async reset(conversation, { name, keepState }) {
      const entry = entries.get(keyOf(conversation, name))
      if (entry === undefined) return 0
      entries.delete(keyOf(conversation, name))
      const ended = await end([entry.session], 'its session was reset')
      if (!keepState) snapshotOf(conversation, name).forget()
      return ended
    },
    async close() {
      const sessions = [...entries.values()].map(({ session }) => session)
      entries.clear()
      await Promise.all([end(sessions, 'the server ended'), ...closing])
    },
  }
}

/** Nothing runs in it but the shell itself. */
function isIdle(session: Session): boolean {
  return session.current() === undefined && !session.hasBackground() && find([session.belonging()]).length <= 1
}

function tooManySessions(max: number): Failure {
  return new Failure(
    `All ${max} sessions are in use. Wait for one of their commands to end, stop one with signal_terminal, ` +
      'or end a whole session with reset_terminal.',
  )
}
