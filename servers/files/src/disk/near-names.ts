import type { Dirent } from 'node:fs'
import { readdir } from 'node:fs/promises'
import { basename, dirname, join } from 'node:path'
import type { Jail } from '@auroracoder/kit/jail'
import { editDistance } from '../text/edit-distance.js'

const suggestionsMax = 3
/** Directory entries looked at for a file of the same name elsewhere. */
const entriesMax = 5_000
const skipped = new Set(['.git', 'node_modules', '.hg', '.svn'])

/** "Did you mean …", with a leading space, or nothing. */
export async function suggestion(jail: Jail, missing: string): Promise<string> {
  const names = await nearNames(jail, missing)
  return names.length > 0 ? ` Did you mean ${names.map((name) => `"${name}"`).join(' or ')}?` : ''
}

/** Existing paths that a missing one may have been meant as, likeliest first. */
async function nearNames(jail: Jail, missing: string): Promise<string[]> {
  const siblings = await similarSiblings(missing)
  const elsewhere = siblings.length < suggestionsMax ? await sameNameElsewhere(jail, basename(missing)) : []
  return [...new Set([...siblings, ...elsewhere])].slice(0, suggestionsMax).map((path) => jail.display(path))
}

async function similarSiblings(missing: string): Promise<string[]> {
  const wanted = basename(missing).toLowerCase()
  const names = await readdir(dirname(missing)).catch(() => [])
  return names
    .map((name) => ({ name, distance: editDistance(name.toLowerCase(), wanted) }))
    .filter(({ name, distance }) => distance <= Math.max(2, wanted.length / 3) || stemOf(name) === stemOf(wanted))
    .sort((left, right) => left.distance - right.distance)
    .slice(0, suggestionsMax)
    .map(({ name }) => join(dirname(missing), name))
}

function stemOf(name: string): string {
  return name.toLowerCase().replace(/\.[^.]*$/, '')
}

async function sameNameElsewhere(jail: Jail, name: string): Promise<string[]> {
  const found: string[] = []
  const queue = [...jail.roots]
  let seen = 0
  for (let directory = queue.shift(); directory !== undefined && seen < entriesMax; directory = queue.shift()) {
    const entries = await readdir(directory, { withFileTypes: true }).catch((): Dirent[] => [])
    seen += entries.length
    for (const entry of entries) {
      if (entry.isDirectory() && !skipped.has(entry.name)) queue.push(join(directory, entry.name))
      if (entry.name.toLowerCase() === name.toLowerCase()) found.push(join(directory, entry.name))
    }
    if (found.length >= suggestionsMax) break
  }
  return found
}
