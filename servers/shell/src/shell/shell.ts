import { join } from 'node:path'
import { Failure } from '@auroracoder/kit'
import type { Runner } from '../bash/runner.js'
import type { Limits } from '../limits.js'
import { find, sweep } from '../process/sweep.js'
import { type Command, createCommand, type Mode } from '../session/command.js'
import { createSession, type EndedWork, type RunnerStart, type Session } from '../session/session.js'
import { createSnapshot, pruneSnapshots } from '../session/snapshot.js'
import { createSpool } from '../spool/spool.js'
import { createKept } from './kept.js'
import { openRunFolder } from './run-folder.js'

export interface ShellOptions {
  /** Where the first shell of a session starts; sessions of servers with other roots do not share state. */
  root: string
  stateDir: string
  limits: Limits
  /** Starts what runs the commands of one session. */
  startRunner(start: RunnerStart): Promise<Runner>
  now(): number
}

export interface StartRequest {
  conversation: string
  session: string
  text: string
  mode: Mode
  cwd: string | undefined
  env: Readonly<Record<string, string>>
  timeoutMs: number | undefined
  key: string | undefined
}

/** Sessions and commands of one server. */
export interface Shell {
  /** Starts a command in its session, which is made if need be; `"new"` names a session of its own. */
  start(request: StartRequest): Promise<Command>
  /** Throws `Failure` naming the known ones. */
  command(conversation: string, id: string): Command
  /** Commands of a conversation whose output is still kept, oldest first. */
  commands(conversation: string): Command[]
  /** Background work that ended since this was last asked. */
  takeEndedWork(conversation: string): EndedWork[]
  session(conversation: string, name: string): Session | undefined
  sessions(conversation: string): Session[]
  stop(command: Command, reason: string): Promise<void>
  now(): number
  /** Ends every process and removes every file that is not kept state. */
  close(): Promise<void>
}

export const newSession = 'new'

export function createShell(options: ShellOptions): Shell {
  const { limits, now, stateDir } = options
  const run = openRunFolder(stateDir)
  pruneSnapshots(stateDir, { nowMs: now(), ageMsMax: limits.snapshotAgeMsMax })
  const sessions = new Map<string, { conversation: string; session: Session }>()
  const kept = createKept(limits.commandsKeptMax)
  const endedWork = new Map<string, EndedWork[]>()
  const closing = new Set<Promise<void>>()
  let numbers = 0

  /** Ends what runs in the sessions, then removes their files. */
  const end = async (ending: readonly Session[]): Promise<void> => {
    await sweep(ending.map((session) => session.belonging()))
    for (const session of ending) session.release()
  }
  /** Its state stays on disk: the next session of that name takes over. */
  const closeOldestIdle = (): void => {
    const idle = [...sessions]
      .filter(([, { conversation, session }]) => isIdle(session, kept.of(conversation)))
      .sort(([, a], [, b]) => a.session.lastUsedAtMs() - b.session.lastUsedAtMs())
    const [key, entry] = idle[0] ?? []
    if (key === undefined || entry === undefined) throw tooManySessions(limits.sessionsMax)
    sessions.delete(key)
    const ended = end([entry.session]).finally(() => closing.delete(ended))
    closing.add(ended)
  }
  const keyOf = (conversation: string, name: string): string => JSON.stringify([conversation, name])
  const open = (conversation: string, name: string): Session => {
    const existing = sessions.get(keyOf(conversation, name))
    if (existing !== undefined) return existing.session
    if (sessions.size >= limits.sessionsMax) closeOldestIdle()
    const session = createSession({
      name,
      folder: join(run.path, `session${++numbers}`),
      snapshot: createSnapshot({
        stateDir,
        key: [options.root, conversation, name],
        run: run.name,
        ageMsMax: limits.snapshotAgeMsMax,
      }),
      startRunner: options.startRunner,
      cwd: options.root,
      limits,
      now,
      onEndedWork(work) {
        endedWork.set(conversation, [...(endedWork.get(conversation) ?? []), work])
      },
    })
    sessions.set(keyOf(conversation, name), { conversation, session })
    return session
  }
  const freshName = (conversation: string): string => {
    for (let number = 2; ; number++) {
      if (!sessions.has(keyOf(conversation, `s${number}`))) return `s${number}`
    }
  }
  const sessionBytes = (conversation: string, name: string): number =>
    kept.of(conversation).reduce((sum, { session, spool }) => sum + (session === name ? spool.kept() : 0), 0)

  return {
    async start(request) {
      const { conversation, text, mode, cwd, env, timeoutMs, key } = request
      const repeated = key === undefined ? undefined : kept.of(conversation).find((command) => command.key === key)
      if (repeated !== undefined) return repeated
      const name = request.session === newSession ? freshName(conversation) : request.session
      const session = open(conversation, name)
      const number = ++numbers
      const id = `${run.tag}-${number}`
      const command = createCommand({
        id,
        conversation,
        session: name,
        text,
        mode,
        spool: createSpool({
          path: join(session.folder, `${id}.log`),
          headBytesMax: limits.headBytesMax,
          tailBytesMax: limits.tailBytesMax,
          mayKeep: (bytes) =>
            kept.makeRoom(() => sessionBytes(conversation, name) + bytes <= limits.sessionBytesMax, command),
        }),
        key,
        cwd: session.cwd(),
        startedAtMs: now(),
      })
      kept.add(command)
      try {
        await session.run({ number, command, cwd, env, timeoutMs })
      } catch (error) {
        kept.remove(command)
        throw error
      }
      return command
    },
    command(conversation, id) {
      const commands = kept.of(conversation)
      const found = commands.find((command) => command.id === id)
      if (found !== undefined) return found
      throw unknownCommand(id, commands)
    },
    commands: (conversation) => kept.of(conversation),
    takeEndedWork(conversation) {
      const work = endedWork.get(conversation) ?? []
      endedWork.delete(conversation)
      return work
    },
    session: (conversation, name) => sessions.get(keyOf(conversation, name))?.session,
    sessions: (conversation) =>
      [...sessions.values()].filter((each) => each.conversation === conversation).map(({ session }) => session),
    async stop(command, reason) {
      await sessions.get(keyOf(command.conversation, command.session))?.session.stop(command, reason)
    },
    now,
    async close() {
      const all = [...sessions.values()].map(({ session }) => session)
      sessions.clear()
      await Promise.all([end(all), ...closing])
      kept.clear()
      run.remove()
    },
  }
}

/** Nothing runs in it but the shell itself. */
function isIdle(session: Session, commands: readonly Command[]): boolean {
  if (session.current() !== undefined) return false
  if (commands.some(({ ending, session: name }) => ending === undefined && name === session.name)) return false
  return find([session.belonging()]).length <= 1
}

function tooManySessions(max: number): Failure {
  return new Failure(
    `All ${max} sessions are in use. Wait for one of their commands to end, or stop one with signal_terminal.`,
  )
}

function unknownCommand(id: string, commands: readonly Command[]): Failure {
  const known = commands.map((command) => command.id).slice(-10)
  const hint = known.length > 0 ? `Known, newest last: ${known.join(', ')}.` : 'No command has been run yet.'
  return new Failure(`There is no command "${id.slice(0, 40)}" here. ${hint}`)
}
