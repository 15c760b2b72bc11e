import type { Random } from '../random.js'

const changesMax = 3
/** Between two changes: more than twice the context of a hunk, so that they stay two. */
const gapLines = 12

/** The text with up to three changes of the kinds that people make; `undefined` for a text too short for that. */
export function changeText(text: string, { path, random }: { path: string; random: Random }): string | undefined {
  const lines = text.split('\n')
  const spots = Math.min(changesMax, Math.floor((lines.length - 1) / (2 * gapLines)))
  if (spots === 0) return undefined
  const stride = Math.floor(lines.length / spots)
  // From the end, so that the earlier spots stay where they are.
  for (let spot = spots - 1; spot >= 0; spot -= 1) {
    const start = spot * stride + random.between(3, Math.max(3, stride - gapLines))
    const count = Math.min(random.between(1, 8), lines.length - 4 - start)
    if (count < 1) continue
    const block = lines.slice(start, start + count)
    const change = random.pick(kindsFor(path))
    lines.splice(start, count, ...change(block, random))
  }
  return lines.join('\n')
}

type Kind = (block: readonly string[], random: Random) => readonly string[]

function kindsFor(path: string): readonly Kind[] {
  const general = [remove, repeat, rename, rewrite, move]
  if (path.endsWith('.py')) return [...general, wrapIn(['if enabled:'])]
  if (/\.([cm]?[jt]s|h|hpp|c|cc)$/.test(path)) return [...general, wrapIn(['if (enabled) {', '}'])]
  return general
}

const remove: Kind = (block) => (block.length > 1 ? block.slice(0, 1) : [])

/** The block again with one word changed, as a case or an option is added. */
const repeat: Kind = (block, random) => [...block, ...renamed(block, random)]

const rename: Kind = (block, random) => renamed(block, random)

/** Every line keeps its beginning and gets another end. */
const rewrite: Kind = (block, random) =>
  block.map((line) => {
    const cut = Math.ceil(line.length * (0.4 + random.integer(40) / 100))
    return line.trim() === '' ? line : `${line.slice(0, cut).trimEnd()}${ending(random)}`
  })

const move: Kind = (block) => [...block.slice(1), ...block.slice(0, 1)]

function wrapIn([opening = '', closing]: readonly string[]): Kind {
  return (block) => {
    const solid = block.filter((line) => line.trim() !== '')
    const indentations = solid.map((line) => /^[ \t]*/.exec(line)?.[0] ?? '')
    const outer = indentations.reduce(
      (least, next) => (next.length < least.length ? next : least),
      indentations[0] ?? '',
    )
    const step = outer.startsWith('\t') ? '\t' : '    '
    const inner = block.map((line) => (line.trim() === '' ? line : step + line))
    return [outer + opening, ...inner, ...(closing === undefined ? [] : [outer + closing])]
  }
}

function renamed(block: readonly string[], random: Random): string[] {
  const words = [...new Set(block.join('\n').match(/[A-Za-z_]\w{3,}/g) ?? [])]
  if (words.length === 0) return [...block]
  const word = random.pick(words)
  const other = `${word}${random.pick(['2', '_next', 'Copy', 'Extra'])}`
  return block.map((line) => line.replaceAll(new RegExp(`\\b${word}\\b`, 'g'), other))
}

function ending(random: Random): string {
  return random.pick([
    ' + 1',
    ', limit=20)',
    ' || fallback;',
    ' // see above',
    '.strip()',
    ' "done"',
    ' the rest of it.',
  ])
}
