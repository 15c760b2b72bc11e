import { readFile } from 'node:fs/promises'
import { join, relative, sep } from 'node:path'
import type { Ignore } from 'ignore'

/** Which files the ignore files of a tree leave out, in a repository or not, as ripgrep reads them. */
export interface IgnoreRules {
  /** Rules for what lies in `directory`, with those of its own ignore files. */
  below(directory: string): Promise<IgnoreRules>
  isIgnored(path: string, isDirectory: boolean): boolean
}

/** Rules that hold inside `directory`, from the ignore files between `root` and it. */
export async function ignoreRulesFor(root: string, directory: string): Promise<IgnoreRules> {
  let rules = await withLayer([], root)
  let path = root
  for (const step of relative(root, directory).split(sep).filter(Boolean)) {
    path = join(path, step)
    // Who asks for an ignored directory wants to see what is in it.
    rules = rules.isIgnored(path, true) ? await withLayer([], path) : await rules.below(path)
  }
  return rules
}

interface Layer {
  directory: string
  rules: Ignore
}

async function withLayer(outer: readonly Layer[], directory: string): Promise<IgnoreRules> {
  const layer = await readLayer(directory)
  return rulesOf(layer ? [...outer, layer] : outer)
}

function rulesOf(layers: readonly Layer[]): IgnoreRules {
  return {
    below: (directory) => withLayer(layers, directory),
    isIgnored(path, isDirectory) {
      // The innermost file that says anything about the path decides.
      for (const { directory, rules } of layers.toReversed()) {
        const name = relative(directory, path).split(sep).join('/')
        const { ignored, unignored } = rules.test(isDirectory ? `${name}/` : name)
        if (ignored || unignored) return ignored
      }
      return false
    },
  }
}

/** What is said later counts more. */
const ignoreFiles = ['.git/info/exclude', '.gitignore', '.ignore', '.rgignore'] as const

async function readLayer(directory: string): Promise<Layer | undefined> {
  const texts = await Promise.all(ignoreFiles.map((name) => readFile(join(directory, name), 'utf8').catch(() => '')))
  if (texts.every((text) => text === '')) return undefined
  const { default: createIgnore } = await import('ignore')
  const rules = createIgnore()
  for (const text of texts) rules.add(text)
  return { directory, rules }
}
