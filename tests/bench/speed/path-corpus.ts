import { mkdirSync, writeFileSync } from 'node:fs'
import { basename, join } from 'node:path'
import { createRandom, type Random } from '../random.js'

const filesPerDirectory = 10
const depthMax = 8
/** Every so many files, one goes to one of the few directories that hold many. */
const crowdedShare = 1 / 20
const crowdedDirectories = 5
/** As in the trees of large projects, some words of names occur hardly anywhere else. */
const rareShare = 1 / 10

/**
 * Empty files in a tree such as large projects have: ten files to a directory (the Linux kernel has 15, node_modules
 * 9), most directories 3 to 7 deep, a few with a thousand files. Answers the name of one of the files.
 */
export function layPaths(root: string, { count, seed }: { count: number; seed: string }): string {
  const random = createRandom(`${seed} paths`)
  const directories = layDirectories(root, { count: Math.ceil(count / filesPerDirectory), random })
  const crowded = Array.from({ length: crowdedDirectories }, () => random.pick(directories).path)
  const laid = new Set<string>()
  while (laid.size < count) {
    const directory = random.chance(crowdedShare) ? random.pick(crowded) : random.pick(directories).path
    const path = join(directory, nameOf(random) + random.pick(endings))
    if (laid.has(path)) continue
    laid.add(path)
    // Nothing else runs meanwhile, and asynchronous writes would take several times as long.
    writeFileSync(path, '')
  }
  return basename(random.pick([...laid]))
}

interface Laid {
  path: string
  depth: number
}

function layDirectories(root: string, { count, random }: { count: number; random: Random }): Laid[] {
  const laid: Laid[] = [{ path: root, depth: 0 }]
  const taken = new Set<string>()
  while (laid.length < count) {
    // The older ones lie nearer to the root.
    const parent = laid[random.integer(1 + random.integer(laid.length))]
    if (!parent || parent.depth === depthMax) continue
    const path = join(parent.path, random.chance(0.5) ? random.pick(words) : nameOf(random))
    if (taken.has(path)) continue
    taken.add(path)
    mkdirSync(path)
    laid.push({ path, depth: parent.depth + 1 })
  }
  return laid
}

function nameOf(random: Random): string {
  return `${random.pick(words)}-${random.chance(rareShare) ? rareWord(random) : random.pick(words)}`
}

function rareWord(random: Random): string {
  return [1, 2, 3].map(() => random.pick(syllables)).join('')
}

const words =
  'user order cart price index render store event parse token cache query model route theme worker client server test util config common driver memory buffer device handler socket stream kernel graph table schema report format button dialog layout image sound input output search filter editor panel session account payment invoice locale plugin bridge module helper factory builder control state action reducer hook page view list item detail'.split(
    ' ',
  )
const syllables = 'ba be co da du fi ga ho ji ka la lo ma mi no pa pi qu ra ri sa so ta ti to ve vi wa xe zo'.split(' ')
const endings = ['.ts', '.ts', '.ts', '.tsx', '.py', '.md', '.css', '.json', '.test.ts', '.d.ts']
