import type { Haystack } from './haystack.js'

/**
 * Characters that keyboards, editors and models exchange for each other, folded one to one, so that offsets in a
 * folded text are offsets in the text.
 */
const folds: readonly (readonly [pattern: string, plain: string])[] = [
  ['\u2018\u2019\u201a\u201b\u2032', "'"],
  ['\u201c\u201d\u201e\u201f\u2033', '"'],
  ['\u2010\u2011\u2012\u2013\u2014\u2015\u2212', '-'],
  ['\u00a0\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007\u2008\u2009\u200a\u202f\u205f\u3000', ' '],
]

const plainByCharacter = new Map(folds.flatMap(([pattern, plain]) => [...pattern].map((from) => [from, plain])))
const foldable = new RegExp(`[${folds.map(([pattern]) => pattern).join('')}\\uff01-\\uff5e]`, 'g')

/** Distance from a full-width form to its ASCII character. */
const fullWidthOffset = 0xfee0

export function foldTypography(text: string): string {
  return text.replace(
    foldable,
    (character) => plainByCharacter.get(character) ?? String.fromCharCode(character.charCodeAt(0) - fullWidthOffset),
  )
}

export function foldHaystack({ texts, finalNewline }: Haystack): Haystack {
  return { texts: texts.map(foldTypography), finalNewline }
}
