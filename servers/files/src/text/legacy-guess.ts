/**
 * Which legacy encodings bytes without NUL that are not UTF-8 may be in, likeliest first. A guess only decides how
 * the text reads: the caller takes one that gives the same bytes back, so a wrong guess never harms the file.
 */
export function guessLegacyEncodings(bytes: Uint8Array): string[] {
  const guesses = doubleByteGuesses(bytes)
  const cyrillic = guessCyrillic(bytes)
  if (cyrillic) guesses.push(cyrillic)
  return [...guesses, 'windows-1252']
}

/** Share of a file's double-byte characters that must lie in the rows that everyday text uses. */
const commonShareMin = 0.8

/** Share of double-byte characters that another one follows: in Western text, accented letters rarely do. */
const followedShareMin = 0.4

function doubleByteGuesses(bytes: Uint8Array): string[] {
  const scored = charsets
    .map((charset) => ({ charset, share: commonShare(bytes, charset) }))
    .filter(({ share }) => share >= commonShareMin)
    .sort((left, right) => right.share - left.share)
  return scored.flatMap(({ charset }) => charset.names)
}

interface Charset {
  /** Tried in this order. */
  names: string[]
  isLead(byte: number): boolean
  isTrail(byte: number): boolean
  /** Whether the pair lies where everyday text does. */
  isCommon(lead: number, trail: number): boolean
  /** High bytes that are a character of their own. */
  isSingle?(byte: number): boolean
  /** A last look at all lead bytes, to tell apart charsets of one shape. */
  accepts?(leads: readonly number[]): boolean
}

const between = (low: number, high: number) => (byte: number) => byte >= low && byte <= high
const kanaLead = between(0xa4, 0xa5)
const hangulLead = between(0xb0, 0xc8)
const symbolLead = between(0xa1, 0xa3)

/** Fewer pairs than this do not tell Korean from Chinese. */
const koreanPairsMin = 8

const charsets: readonly Charset[] = [
  {
    names: ['euc-jp'],
    isLead: between(0xa1, 0xfe),
    isTrail: between(0xa1, 0xfe),
    isCommon: (lead) => between(0xa1, 0xa5)(lead) || between(0xb0, 0xcf)(lead),
    accepts: (leads) => leads.filter(kanaLead).length * 10 >= leads.length,
  },
  {
    names: ['euc-kr'],
    isLead: between(0xa1, 0xfe),
    isTrail: between(0xa1, 0xfe),
    isCommon: (lead) => hangulLead(lead) || symbolLead(lead),
    accepts: (leads) => leads.length >= koreanPairsMin && leads.every((lead) => hangulLead(lead) || symbolLead(lead)),
  },
  {
    names: ['gbk', 'gb18030'],
    isLead: between(0x81, 0xfe),
    isTrail: (byte) => byte !== 0x7f && between(0x40, 0xfe)(byte),
    isCommon: (lead, trail) => trail >= 0xa1 && (symbolLead(lead) || between(0xb0, 0xd7)(lead)),
  },
  {
    names: ['big5'],
    isLead: between(0xa1, 0xf9),
    isTrail: (byte) => between(0x40, 0x7e)(byte) || between(0xa1, 0xfe)(byte),
    isCommon: (lead) => between(0xa1, 0xa2)(lead) || between(0xa4, 0xc6)(lead),
  },
  {
    names: ['shift_jis'],
    isLead: (byte) => between(0x81, 0x9f)(byte) || between(0xe0, 0xfc)(byte),
    isTrail: (byte) => byte !== 0x7f && between(0x40, 0xfc)(byte),
    isCommon: (lead) => between(0x81, 0x83)(lead) || between(0x88, 0x97)(lead),
    isSingle: between(0xa1, 0xdf),
  },
]

/** Share of pairs that are common; 0 when the bytes are hardly in this charset. */
function commonShare(bytes: Uint8Array, charset: Charset): number {
  const leads: number[] = []
  let common = 0
  let followed = 0
  for (let at = 0; at < bytes.length; at += 1) {
    const byte = bytes[at] ?? 0
    if (!isHigh(byte) || charset.isSingle?.(byte)) continue
    const trail = bytes[at + 1] ?? 0
    if (!charset.isLead(byte) || !charset.isTrail(trail)) return 0
    leads.push(byte)
    if (charset.isCommon(byte, trail)) common += 1
    if (isHigh(bytes[at + 2])) followed += 1
    at += 1
  }
  const accepted = charset.accepts?.(leads) !== false && followed >= leads.length * followedShareMin
  return leads.length > 0 && accepted ? common / leads.length : 0
}

/** The six most frequent Russian letters (о е а и н т) are about 45 % of a text. */
const frequentLetters = {
  'windows-1251': [0xee, 0xe5, 0xe0, 0xe8, 0xed, 0xf2],
  'koi8-r': [0xcf, 0xc5, 0xc1, 0xc9, 0xce, 0xd4],
} as const
const frequentShareMin = 0.35

function guessCyrillic(bytes: Uint8Array): string | undefined {
  const high = bytes.filter(isHigh)
  const shareOf = (letters: readonly number[]) => high.filter((byte) => letters.includes(byte)).length / high.length
  const guesses = (['windows-1251', 'koi8-r'] as const)
    .map((name) => ({ name, share: shareOf(frequentLetters[name]) }))
    .filter(({ share }) => share >= frequentShareMin)
    .sort((left, right) => right.share - left.share)
  return mostlyIsolated(bytes) ? undefined : guesses[0]?.name
}

/** In Western text an accented letter stands between ASCII letters; Cyrillic words are runs. */
function mostlyIsolated(bytes: Uint8Array): boolean {
  let runs = 0
  let single = 0
  for (let at = 0; at < bytes.length; ) {
    let end = at
    while (end < bytes.length && isHigh(bytes[end])) end += 1
    if (end > at) runs += 1
    if (end === at + 1) single += 1
    at = Math.max(end, at + 1)
  }
  return single * 2 >= runs
}

function isHigh(byte: number | undefined): boolean {
  return byte !== undefined && byte >= 0x80
}
