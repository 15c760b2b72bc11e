import { join } from 'node:path'
import { Failure } from '@auroracoder/kit'
import type { Limits } from '../limits.js'
import type { Signal } from '../process/signal.js'
import { type Command, createCommand, type Mode } from '../session/command.js'
import type { EndedWork, Session, SessionOptions } from '../session/session.js'
import type { SignalResult } from '../session/signal-command.js'
import { pruneSnapshots } from '../session/snapshot.js'
import { isDiskFull } from '../spool/disk-full.js'
import { createSpool, type Spool } from '../spool/spool.js'
import { createKept } from './kept.js'
import { openRunFolder } from './run-folder.js'
import { createSessionBook, type SessionBook } from './session-book.js'

export interface ShellOptions extends Pick<SessionOptions, 'startRunner' | 'openScreen' | 'now'> {
  /** Where the first shell of a session starts; servers with other roots do not share the state of sessions. */
  root: string
  stateDir: string
  limits: Limits
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
export interface Shell extends Pick<SessionBook, 'reset'> {
  /** Starts a command in its session, which is made if need be. A key that was seen before gets the command it started. */
  start(request: StartRequest): Promise<Command>
  /** Throws `Failure` naming the known ones. */
  command(conversation: string, id: string): Command
  /** Commands of a conversation whose output is still kept, oldest first. */
  commands(conversation: string): Command[]
  /** Background work that ended since this was last asked, a limited number at a time. */
  takeEndedWork(conversation: string): EndedWork[]
  session(conversation: string, name: string): Session | undefined
  sessions(conversation: string): Session[]
  stop(command: Command, reason: string): Promise<void>
  signal(command: Command, signal: Signal): Promise<SignalResult>
  now(): number
  /** Ends every process and removes every file that is not kept state. */
  close(): Promise<void>
}

const endedWorkToldMax = 8
const endedWorkKeptMax = 100

export function createShell(options: ShellOptions): Shell {
  const { limits, now, stateDir } = options
  pruneSnapshots(stateDir, { nowMs: now(), ageMsMax: limits.snapshotAgeMsMax })
  const run = openRunFolder(stateDir)
  const kept = createKept(limits.commandsKeptMax)
  const endedWork = new Map<string, EndedWork[]>()
  const book = createSessionBook({
    ...options,
    run,
    onEndedWork(conversation, work) {
      endedWork.set(conversation, [...(endedWork.get(conversation) ?? []), work].slice(-endedWorkKeptMax))
    },
  })
  let numbers = 0

  const spoolFor = (path: string, command: Pick<Command, 'id' | 'conversation' | 'session'>): Spool => {
    const siblings = (): Command[] => kept.of(command.conversation).filter(({ session }) => session === command.session)
    const keptBytes = (): number => siblings().reduce((sum, { spool }) => sum + spool.kept(), 0)
    const { headBytesMax, tailBytesMax, sessionBytesMax } = limits
    const mayKeep = (bytes: number): boolean => kept.makeRoom(() => keptBytes() + bytes <= sessionBytesMax, command)
    const freeDisk = (): boolean => kept.forgetOldest(command.id)
    return createSpool({ path, headBytesMax, tailBytesMax, mayKeep, freeDisk })
  }
  const sessionOf = ({ conversation, session }: Command): Session | undefined => book.get(conversation, session)

  return {
    async start({ conversation, session: asked, text, mode, cwd, env, timeoutMs, key }) {
      const repeated = key === undefined ? undefined : kept.of(conversation).find((command) => command.key === key)
      if (repeated !== undefined) return repeated
      const session = book.open(conversation, asked)
      const number = ++numbers
      const names = { id: `${run.tag}-${number}`, conversation, session: session.name }
      const spool = spoolFor(join(session.folder, `${names.id}.log`), names)
      const command = createCommand({ ...names, text, mode, spool, key, cwd: session.cwd(), startedAtMs: now() })
      kept.add(command)
      while (true) {
        try {
          await session.run({ number, command, cwd, env, timeoutMs })
          return command
        } catch (error) {
          if (isDiskFull(error) && kept.forgetOldest(command.id)) continue
          kept.remove(command)
          throw isDiskFull(error) ? diskFull(stateDir, error) : error
        }
      }
    },
    command(conversation, id) {
      const commands = kept.of(conversation)
      const found = commands.find((command) => command.id === id)
      if (found !== undefined) return found
      throw unknownCommand(id, commands)
    },
    commands: (conversation) => kept.of(conversation),
    takeEndedWork(conversation) {
      return endedWork.get(conversation)?.splice(0, endedWorkToldMax) ?? []
    },
    session: book.get,
    sessions: book.of,
    reset: book.reset,
    stop: async (command, reason) => sessionOf(command)?.stop(command, reason),
    signal: async (command, signal) => (await sessionOf(command)?.signal(command, signal)) ?? { ended: [], alive: [] },
    now,
    async close() {
      await book.close()
      kept.clear()
      run.remove()
    },
  }
}

function diskFull(stateDir: string, cause: unknown): Failure {
  return new Failure(
    `The disk that holds ${stateDir} is full, so no shell can be started. Nothing was run. Free some space there, ` +
      'or start the server with another --state folder.',
    { cause },
  )
}

function unknownCommand(id: string, commands: readonly Command[]): Failure {
  const known = commands.map((command) => command.id).slice(-10)
  const hint = known.length > 0 ? `Known, newest last: ${known.join(', ')}.` : 'No command has been run yet.'
  return new Failure(`There is no command "${id.slice(0, 40)}" here. ${hint}`)
}
