import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { Random } from '../random.js'
import { changeText } from './change-text.js'
import { type FilePair, sourceText } from './file-pair.js'
import { type FileQuery, listFiles } from './list-files.js'

export interface SeededChanges extends FileQuery {
  readonly source: string
}

/** Real files with changes made up by a seed, where only one version of them is at hand. */
export async function seededChangePairs(
  { source, ...query }: SeededChanges,
  { limit, random }: { limit: number; random: Random },
): Promise<FilePair[]> {
  const pairs: FilePair[] = []
  for (const path of random.shuffled(await listFiles(query))) {
    if (pairs.length === limit) break
    const before = sourceText(await readFile(join(query.folder, path)))
    const after = before && changeText(before, { path, random })
    if (before && after && after !== before) pairs.push({ source, path, before, after })
  }
  return pairs
}
