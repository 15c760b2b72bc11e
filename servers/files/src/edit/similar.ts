import { bodyOf, isBlank } from './whitespace.js'

/** 0-based, inclusive. Used only to write error messages, never to choose a place. */
export interface Similar {
  readonly first: number
  readonly last: number
}

/** Where most lines of the needle stand in the right order; failing that, the line most like its first one. */
export function mostSimilar(texts: readonly string[], needle: readonly string[]): Similar | undefined {
  const start = startByCommonLines(texts, needle) ?? startByLetters(texts, needle)
  if (start === undefined) return undefined
  const first = Math.min(Math.max(start, 0), texts.length - 1)
  return { first, last: Math.max(first, Math.min(start + needle.length, texts.length) - 1) }
}

/** Lines that occur more often than this ("}") say nothing about the place. */
const occurrencesMax = 50

function startByCommonLines(texts: readonly string[], needle: readonly string[]): number | undefined {
  const offsets = new Map<string, number[]>()
  for (const [offset, line] of needle.entries()) {
    if (isBlank(line)) continue
    const body = bodyOf(line)
    offsets.set(body, [...(offsets.get(body) ?? []), offset])
  }
  const votes = new Map<string, number[]>()
  for (const [index, text] of texts.entries()) {
    const body = bodyOf(text)
    const found = offsets.get(body)
    if (found) votes.set(body, [...(votes.get(body) ?? []), ...found.map((offset) => index - offset)].slice(0, 999))
  }
  const counts = new Map<number, number>()
  for (const starts of votes.values()) {
    if (starts.length > occurrencesMax) continue
    for (const start of starts) counts.set(start, (counts.get(start) ?? 0) + 1)
  }
  return [...counts].sort((left, right) => right[1] - left[1])[0]?.[0]
}

/** Share of common letter pairs (Dice) from which a line is worth showing. */
const likenessMin = 0.5
/** Longer lines are compared by their beginning. */
const comparedCharsMax = 200

function startByLetters(texts: readonly string[], needle: readonly string[]): number | undefined {
  const offset = needle.findIndex((line) => !isBlank(line))
  const wanted = pairsOf(bodyOf(needle[offset] ?? ''))
  let best = likenessMin
  let start: number | undefined
  for (const [index, text] of texts.entries()) {
    const body = bodyOf(text).slice(0, comparedCharsMax)
    // Twice the shorter over the sum is the most that Dice can give.
    if (2 * Math.min(body.length, wanted.count) < best * (body.length + wanted.count)) continue
    const likeness = dice(wanted, pairsOf(body))
    if (likeness > best) {
      best = likeness
      start = index - offset
    }
  }
  return start
}

interface Pairs {
  counts: Map<string, number>
  count: number
}

function pairsOf(line: string): Pairs {
  const text = line.slice(0, comparedCharsMax)
  const counts = new Map<string, number>()
  for (let at = 0; at + 2 <= text.length; at += 1) {
    const pair = text.slice(at, at + 2)
    counts.set(pair, (counts.get(pair) ?? 0) + 1)
  }
  return { counts, count: Math.max(text.length - 1, 0) }
}

function dice(left: Pairs, right: Pairs): number {
  let common = 0
  for (const [pair, count] of left.counts) common += Math.min(count, right.counts.get(pair) ?? 0)
  const total = left.count + right.count
  return total === 0 ? 0 : (2 * common) / total
}
