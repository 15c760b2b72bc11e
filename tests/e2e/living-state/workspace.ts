import { execFileSync } from 'node:child_process'
import {
  appendFileSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  realpathSync,
  renameSync,
  rmSync,
  truncateSync,
  utimesSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join, relative } from 'node:path'
import type { Random } from './random.js'

export const names = ['a.ts', 'b.ts', 'src/c.ts', 'src/d e.txt', 'src/deep/f.md', 'g'] as const

/** A git work tree that everybody writes into. */
export interface Workspace {
  readonly root: string
  /** The text of a file; undefined when there is none. */
  read(path: string): string | undefined
  files(): string[]
  /** What a command, a formatter, an editor, git or a person does to it; answers what it was. */
  disturb(): string
  /** A text that a file could have. */
  text(): string
  remove(): void
}

export function createWorkspace(random: Random): Workspace {
  const root = realpathSync(mkdtempSync(join(tmpdir(), 'auroracoder-living-')))
  const git = (...args: string[]): void => {
    execFileSync('git', ['-c', 'user.name=t', '-c', 'user.email=t@example.org', ...args], {
      cwd: root,
      stdio: 'ignore',
    })
  }
  const at = (path: string): string => join(root, path)
  const text = (): string => randomText(random)
  const write = (path: string, content: string): void => {
    mkdirSync(dirname(at(path)), { recursive: true })
    writeFileSync(at(path), content)
  }
  const read = (path: string): string | undefined => {
    try {
      return readFileSync(at(path), 'utf8')
    } catch {
      return undefined
    }
  }
  const files = (): string[] =>
    readdirSync(root, { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile())
      .map((entry) => relative(root, join(entry.parentPath, entry.name)))
      .filter((path) => !path.startsWith('.git/'))
      .sort()

  for (const name of names.slice(0, 5)) write(name, text())
  git('init', '-q')
  git('add', '-A')
  git('commit', '-qm', 'first')

  const change = (path: string, how: (before: string) => string): string => {
    write(path, how(read(path) ?? ''))
    return `changed ${path}`
  }
  const acts: readonly [() => string, ...(() => string)[]] = [
    () => change(random.pick(names), text),
    () => change(random.pick(names), (before) => changedLine(before, random)),
    () => change(random.pick(names), (before) => changedLine(before, random)),
    () => change(random.pick(names), (before) => before.replaceAll('\t', '  ')),
    () => change(random.pick(names), (before) => before.replace(/\r?\n$/, '')),
    () => {
      const path = random.pick(names)
      write(path, read(path) ?? '')
      appendFileSync(at(path), `appended ${random.int(100)}\n`)
      return `appended to ${path}`
    },
    () => {
      // As editors and formatters save: a new file takes the place of the old one.
      const path = random.pick(names)
      write(`${path}.new`, changedLine(read(path) ?? text(), random))
      renameSync(at(`${path}.new`), at(path))
      return `replaced ${path}`
    },
    () => {
      const [from, to] = [random.some(files()), random.pick(names)]
      if (from === undefined) return 'nothing to rename'
      mkdirSync(dirname(at(to)), { recursive: true })
      renameSync(at(from), at(to))
      return `renamed ${from} to ${to}`
    },
    () => {
      const path = random.some(files())
      if (path !== undefined) rmSync(at(path))
      return `deleted ${path}`
    },
    () => {
      const path = random.some(files())
      if (path !== undefined) truncateSync(at(path))
      return `emptied ${path}`
    },
    () => {
      // The same size and the same time, as a clumsy tool may leave it.
      const path = random.some(files())
      const before = path === undefined ? undefined : read(path)
      if (path === undefined || before === undefined) return 'nothing to touch'
      writeFileSync(at(path), before.replace(/[a-z]/, 'z'))
      utimesSync(at(path), new Date(0), new Date(0))
      return `changed ${path} and set its time back`
    },
    () => {
      git('add', '-A')
      git('commit', '-qm', 'more', '--allow-empty')
      return 'committed'
    },
    () => {
      git('checkout', '-q', '--', '.')
      return 'checked out'
    },
    () => {
      git('reset', '-q', '--hard', random.chance(0.5) ? 'HEAD' : 'HEAD@{1}')
      return 'reset'
    },
  ]

  return {
    root,
    read,
    files,
    text,
    disturb() {
      const act = random.pick(acts)
      try {
        return act()
      } catch (error) {
        // There was nothing to check out or to return to.
        return `failed: ${error instanceof Error ? error.message.split('\n')[0] : error}`
      }
    },
    remove: () => rmSync(root, { recursive: true, force: true }),
  }
}

const longLineChars = 4_500
const manyLines = 2_300

function randomText(random: Random): string {
  const eol = random.pick(['\n', '\n', '\n', '\r\n', 'mixed'])
  const count = random.chance(0.03) ? manyLines : random.int(25)
  const lines = Array.from({ length: count }, () => randomLine(random))
  const ends = lines.map(() => (eol === 'mixed' ? random.pick(['\n', '\r\n']) : eol))
  const body = lines.map((line, index) => line + ends[index]).join('')
  return random.chance(0.2) ? body.replace(/\r?\n$/, '') : body
}

function randomLine(random: Random): string {
  if (random.chance(0.01)) return `${random.int(10)} wide `.repeat(longLineChars / 7)
  return random.pick([
    '',
    '}',
    '\treturn x',
    '    return x',
    `const value${random.int(5)} = ${random.int(1_000)}`,
    `/* ünïcode ${random.int(10)} 漢字 🙂 */`,
    '--- a.ts | 3 lines | rev 00000000 | utf-8 lf | 00000000',
    `~~~ ${random.int(9)} | rev`,
    '@ deleted lines 1-9',
    `${random.int(30)}\tnumbered`,
    'form\ffeed and next\u0085line and \u2028separator',
  ])
}

function changedLine(before: string, random: Random): string {
  const lines = before.split('\n')
  const at = random.int(lines.length)
  lines.splice(at, random.int(3), ...Array.from({ length: random.int(3) }, () => `changed ${random.int(1_000)}`))
  return lines.join('\n')
}
