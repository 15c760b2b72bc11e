import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { Random } from '../random.js'
import { type FilePair, sourceText } from './file-pair.js'
import { listFiles } from './list-files.js'

export interface TwoVersions {
  readonly source: string
  readonly older: string
  readonly newer: string
  readonly pattern: RegExp
  readonly except?: RegExp
}

/** Files that two installed versions of the same thing have in common and that differ. */
export async function twoVersionsPairs(
  { source, older, newer, ...query }: TwoVersions,
  { limit, random }: { limit: number; random: Random },
): Promise<FilePair[]> {
  const pairs: FilePair[] = []
  for (const path of random.shuffled(await listFiles({ folder: older, ...query }))) {
    if (pairs.length === limit) break
    const [before, after] = await Promise.all([older, newer].map((folder) => readSource(join(folder, path))))
    if (before && after && before !== after) pairs.push({ source, path, before, after })
  }
  return pairs
}

async function readSource(path: string): Promise<string | undefined> {
  const bytes = await readFile(path).catch(() => undefined)
  return bytes && sourceText(bytes)
}
