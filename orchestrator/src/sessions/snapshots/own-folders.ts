import { realpath } from 'node:fs/promises'
import { basename, dirname, join, relative } from 'node:path'
import { contains } from '@auroracoder/kit/jail'

/** Those of `folders` that lie inside the workspace, from there, with a slash at the end; characters are bytes. */
export async function foldersInside(workspace: string, folders: readonly string[]): Promise<string[]> {
  const root = await realOrSame(workspace)
  const real = await Promise.all(folders.map(realOrSame))
  return real
    .filter((folder) => folder !== root && contains(root, folder))
    .map((folder) => `${Buffer.from(relative(root, folder)).toString('latin1')}/`)
}

/** Of what is not there yet, the part that is. */
async function realOrSame(path: string): Promise<string> {
  return realpath(path).catch(async () => {
    const parent = dirname(path)
    return parent === path ? path : join(await realOrSame(parent), basename(path))
  })
}
