import type { Command } from '../session/command.js'

/** Commands whose output can still be read; the oldest finished ones make room. */
export interface Kept {
  add(command: Command): void
  remove(command: Command): void
  of(conversation: string): Command[]
  /** Forgets finished commands of the same session, oldest first, until `fits`; false when that does not help. */
  makeRoom(fits: () => boolean, command: Pick<Command, 'id' | 'conversation' | 'session'>): boolean
  /** Forgets the oldest finished command of all but `id`; false when there is none. */
  forgetOldest(id: string): boolean
  clear(): void
}

export function createKept(commandsMax: number): Kept {
  let commands: Command[] = []

  const remove = (command: Command): void => {
    command.spool.remove()
    commands = commands.filter((each) => each !== command)
  }
  const forgetOldest = (isCandidate: (command: Command) => boolean): boolean => {
    const oldest = commands.find((command) => command.ending !== undefined && isCandidate(command))
    if (oldest !== undefined) remove(oldest)
    return oldest !== undefined
  }

  return {
    add(command) {
      commands.push(command)
      while (commands.length > commandsMax && forgetOldest((each) => each !== command));
    },
    remove,
    of: (conversation) => commands.filter((command) => command.conversation === conversation),
    makeRoom(fits, { conversation, session, id }) {
      const isCandidate = (each: Command): boolean =>
        each.conversation === conversation && each.session === session && each.id !== id
      while (!fits()) {
        if (!forgetOldest(isCandidate)) return false
      }
      return true
    },
    forgetOldest: (id) => forgetOldest((each) => each.id !== id && each.spool.kept() > 0),
    clear() {
      for (const command of commands) command.spool.remove()
      commands = []
    },
  }
}
