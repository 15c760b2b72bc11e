import { mkdir, rmdir } from 'node:fs/promises'
import { dirname } from 'node:path'
import { Failure } from '@auroracoder/kit'
import { contains, type Jail } from '@auroracoder/kit/jail'
import { errorCode } from './error-code.js'

/** Runs the task with the directories above `path` made; what was made goes again when the task fails. */
export async function withParents<T>(jail: Jail, path: string, task: () => Promise<T>): Promise<T> {
  const made = await mkdir(dirname(path), { recursive: true }).catch((cause: unknown) => {
    throw parentFailure(jail.display(dirname(path)), cause)
  })
  try {
    return await task()
  } catch (error) {
    if (made !== undefined) await removeEmpty(dirname(path), made)
    throw error
  }
}

async function removeEmpty(deepest: string, highest: string): Promise<void> {
  for (let directory = deepest; contains(highest, directory); directory = dirname(directory)) {
    const removed = await rmdir(directory).then(
      () => true,
      () => false,
    )
    if (!removed) return
  }
}

function parentFailure(shown: string, cause: unknown): unknown {
  const code = errorCode(cause)
  if (code === 'EEXIST' || code === 'ENOTDIR') {
    return new Failure(`"${shown}" cannot be made a directory: a part of it is a file.`, { cause })
  }
  if (code === 'EACCES' || code === 'EPERM' || code === 'EROFS') {
    return new Failure(`Directory "${shown}" cannot be made: permission denied.`, { cause })
  }
  return cause
}
