import { realpath, stat } from 'node:fs/promises'
import { SandboxError } from './sandbox.js'

/** The real path of a workspace. A missing one would be reported as a missing program. */
export async function existingDirectory(path: string): Promise<string> {
  const found = await stat(path).catch(() => undefined)
  if (found?.isDirectory()) return realpath(path)
  throw new SandboxError(`Workspace "${path}" ${found ? 'is not a directory' : 'does not exist'}. Create it first.`)
}
