const nearestMax = 3
/** Of the letter triples of the longer name; below it two names have nothing to do with each other. */
const likenessMin = 0.2

/** The models that a wrong name probably stands for, nearest first. */
export function nearModels(wrong: string, ids: readonly string[]): string[] {
  const wanted = triples(wrong)
  return ids
    .map((id) => ({ id, likeness: likeness(wanted, triples(id.slice(id.lastIndexOf('/') + 1))) }))
    .filter(({ likeness }) => likeness >= likenessMin)
    .sort((a, b) => b.likeness - a.likeness)
    .slice(0, nearestMax)
    .map(({ id }) => id)
}

function triples(name: string): Set<string> {
  const plain = ` ${name.toLowerCase().replace(/[^a-z0-9]+/g, ' ')} `
  return new Set(Array.from({ length: Math.max(0, plain.length - 2) }, (_, index) => plain.slice(index, index + 3)))
}

function likeness(a: ReadonlySet<string>, b: ReadonlySet<string>): number {
  const shared = [...a].filter((triple) => b.has(triple)).length
  return shared / Math.max(1, a.size, b.size)
}
