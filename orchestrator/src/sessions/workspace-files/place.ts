import { chmodSync, lstatSync, renameSync, rmdirSync, unlinkSync } from 'node:fs'
import { errorCode } from '@auroracoder/kit/jail'
import { below, type HeldFolder } from '../held-folder.js'
import { explained, refused } from './paths.js'
import type { Staging } from './staging.js'

/** A file that lies ready in the staging folder, and where it belongs. */
export interface Ready {
  staged: string
  names: readonly string[]
  bytes: number
  executable: boolean
}

/** Moves all of them into their places, or, when one cannot go there, none. */
export async function placeAll({ root, folder }: Staging, files: readonly Ready[]): Promise<void> {
  const undo: (() => void)[] = []
  try {
    for (const file of files) await placeOne(root, { folder, file, undo })
  } catch (error) {
    for (const step of undo.reverse()) step()
    throw error
  }
}

interface Move {
  folder: HeldFolder
  file: Ready
  undo: (() => void)[]
}

async function placeOne(root: HeldFolder, { folder, file, undo }: Move): Promise<void> {
  const path = file.names.join('/')
  const parents = file.names.slice(0, -1).map((name) => Buffer.from(name))
  const last = Buffer.from(file.names.at(-1) ?? '')
  const staged = folder.at(Buffer.from(file.staged))
  const replaced = folder.at(Buffer.from(`${file.staged}-replaced`))
  await explained(path, () => {
    makeFolders(root, parents, undo)
    below(root, parents, (target) => {
      const standing = lstatSync(target.at(last), { throwIfNoEntry: false })
      if (standing !== undefined && !standing.isFile()) {
        throw refused('path_conflict', path, 'Expected a file or nothing, found a folder, a link or a special file')
      }
      if (standing !== undefined) chmodSync(staged, standing.mode & 0o777)
      if (file.executable) chmodSync(staged, ((standing?.mode ?? lstatSync(staged).mode) & 0o777) | 0o111)
      if (standing !== undefined) renameSync(target.at(last), replaced)
      try {
        renameSync(staged, target.at(last))
      } catch (error) {
        if (standing !== undefined) renameSync(replaced, target.at(last))
        throw error
      }
      undo.push(() =>
        below(root, parents, (again) => {
          if (standing === undefined) unlinkSync(again.at(last))
          else renameSync(replaced, again.at(last))
        }),
      )
    })
  })
}

function makeFolders(root: HeldFolder, parents: readonly Buffer[], undo: (() => void)[]): void {
  for (const [depth, name] of parents.entries()) {
    const above = parents.slice(0, depth)
    below(root, above, (folder) => {
      if (lstatSync(folder.at(name), { throwIfNoEntry: false }) !== undefined) return
      folder.enter(name, { make: true }).close()
      undo.push(() => below(root, above, (again) => removeEmpty(again, name)))
    })
  }
}

/** Somebody else may have put something there meanwhile. */
function removeEmpty(folder: HeldFolder, name: Buffer): void {
  try {
    rmdirSync(folder.at(name))
  } catch (error) {
    if (errorCode(error) !== 'ENOTEMPTY' && errorCode(error) !== 'ENOENT') throw error
  }
}
