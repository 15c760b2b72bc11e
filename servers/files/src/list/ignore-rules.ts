import { readFile } from 'node:fs/promises'
import { join, relative, sep } from 'node:path'
import type { Ignore } from 'ignore'

/** Which files the ignore files of a tree leave out, in a repository or not, as ripgrep reads them. */
export interface IgnoreRules {
  /** Rules for what lies in `directory`, with those of its own ignore files: of all, or of those that are named. */
  below(directory: string, files?: readonly IgnoreFile[]): Promise<IgnoreRules>
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

/** Where no ignore file has been read yet. */
export const noIgnoreRules: IgnoreRules = rulesOf([])

interface Layer {
  directory: string
  rules: Ignore
}

async function withLayer(
  outer: readonly Layer[],
  directory: string,
  files: readonly IgnoreFile[] = ignoreFiles,
): Promise<IgnoreRules> {
  const layer = files.length > 0 ? await readLayer(directory, files) : undefined
  return rulesOf(layer ? [...outer, layer] : outer)
}

function rulesOf(layers: readonly Layer[]): IgnoreRules {
  return {
    below: (directory, files) => withLayer(layers, directory, files),
    isIgnored(path, isDirectory) {
      // The innermost file that says anything about the path decides.
      for (const { directory, rules } of layers.toReversed()) {
        const name = nameWithin(directory, path)
        const { ignored, unignored } = rules.test(isDirectory ? `${name}/` : name)
        if (ignored || unignored) return ignored
      }
      return false
    },
  }
}

/** `relative` would cost more than the rules themselves. The path always lies in the directory. */
function nameWithin(directory: string, path: string): string {
  const name = path.slice(directory.endsWith(sep) ? directory.length : directory.length + 1)
  return sep === '/' ? name : name.split(sep).join('/')
}

/** What is said later counts more. */
export const ignoreFiles = ['.git/info/exclude', '.gitignore', '.ignore', '.rgignore'] as const
export type IgnoreFile = (typeof ignoreFiles)[number]

async function readLayer(directory: string, files: readonly IgnoreFile[]): Promise<Layer | undefined> {
  const texts = await Promise.all(files.map((name) => readFile(join(directory, name), 'utf8').catch(() => '')))
  if (texts.every((text) => text === '')) return undefined
  const { default: createIgnore } = await import('ignore')
  const rules = createIgnore()
  for (const text of texts) rules.add(text)
  return { directory, rules }
}
