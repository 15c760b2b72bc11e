import { lstatSync, rmdirSync, unlinkSync } from 'node:fs'
import { below, holdFolder } from '../held-folder.js'
import { explained, parsePath, refused } from './paths.js'

/** Removes a file, a link (not what it leads to) or an empty folder. Goes through no link. */
export async function removePath(workspace: string, path: string): Promise<void> {
  const names = parsePath(path).map((name) => Buffer.from(name))
  const last = names.pop()
  if (last === undefined)
    throw refused('bad_path', path, 'Expected a path in the workspace, found the workspace itself')
  const root = await explained(path, () => holdFolder(workspace))
  try {
    await explained(path, () =>
      below(root, names, (folder) => {
        if (lstatSync(folder.at(last)).isDirectory()) rmdirSync(folder.at(last))
        else unlinkSync(folder.at(last))
      }),
    )
  } finally {
    root.close()
  }
}
