const nearestMax = 3

/** The names that a wrong one probably stands for, nearest first. */
export function nearestNames(wrong: string, names: readonly string[]): string[] {
  const wanted = plain(wrong)
  return names
    .map((name) => ({ name, distance: distance(wanted, plain(name)), shares: sharesWord(wanted, plain(name)) }))
    .filter(({ name, distance, shares }) => shares || distance <= Math.max(2, Math.floor(name.length / 3)))
    .sort((a, b) => a.distance - b.distance)
    .slice(0, nearestMax)
    .map(({ name }) => name)
}

function plain(name: string): string {
  return name
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, '_')
    .slice(0, 64)
}

function sharesWord(a: string, b: string): boolean {
  const words = new Set(a.split('_').filter((word) => word.length > 2))
  return b.split('_').some((word) => words.has(word))
}

/** Levenshtein's edit distance. */
function distance(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, index) => index)
  for (let i = 1; i <= a.length; i += 1) {
    const next = [i]
    for (let j = 1; j <= b.length; j += 1) {
      const replaced = (row[j - 1] ?? 0) + (a[i - 1] === b[j - 1] ? 0 : 1)
      next.push(Math.min(replaced, (row[j] ?? 0) + 1, (next[j - 1] ?? 0) + 1))
    }
    row = next
  }
  return row[b.length] ?? 0
}
