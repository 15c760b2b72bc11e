import { mkdirSync, rmdirSync, statSync } from 'node:fs'
import { dirname } from 'node:path'
import { Failure } from '@auroracoder/kit'
import type { Jail } from '@auroracoder/kit/jail'
import { errorCode } from '@auroracoder/kit/jail'
import { reasonOf } from './reason.js'

/** Runs the task with the directories above `path` made; what was made goes again when that or the task fails. */
export async function withParents<T>(jail: Jail, path: string, task: () => Promise<T>): Promise<T> {
  const made: string[] = []
  try {
    makeParents(jail, path, made)
    return await task()
  } catch (error) {
    removeEmpty(made)
    throw error
  }
}

function makeParents(jail: Jail, path: string, made: string[]): void {
  const directory = dirname(path)
  try {
    make(directory, made)
  } catch (cause) {
    throw parentFailure(jail.display(directory), cause)
  }
}

/**
 * One after the other: several at once are made by Node, which tells a wrong reason when it cannot (a read-only file
 * system is ENOENT), leaves those that it could make, and never ends where a directory takes none, as in /proc.
 */
function make(directory: string, made: string[]): void {
  const found = statSync(directory, { throwIfNoEntry: false })
  if (found?.isDirectory()) return
  if (!found) make(dirname(directory), made)
  try {
    mkdirSync(directory)
    made.push(directory)
  } catch (error) {
    // Someone else may have made it just now.
    if (!statSync(directory, { throwIfNoEntry: false })?.isDirectory()) throw error
  }
}

function removeEmpty(made: readonly string[]): void {
  try {
    for (const directory of made.toReversed()) rmdirSync(directory)
  } catch {
    // Something has come to lie in it, or it is gone.
  }
}

function parentFailure(shown: string, cause: unknown): unknown {
  const code = errorCode(cause)
  if (code === 'EEXIST' || code === 'ENOTDIR') {
    return new Failure(`"${shown}" cannot be made a directory: a part of it is a file.`, { cause })
  }
  const reason = reasonOf(cause)
  return reason ? new Failure(`Directory "${shown}" cannot be made: ${reason}.`, { cause }) : cause
}
