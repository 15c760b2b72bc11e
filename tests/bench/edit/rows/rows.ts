import type { Row } from '../row.js'
import { changeElsewhere, hallucinated, staleInterior } from './change.js'
import { carriageReturns, curlyQuotes, encodings, mixedEnds } from './characters.js'
import { large, modeAndLink } from './disk.js'
import { duplicateWithHint, duplicateWithoutHint, exact, hintOffBy7, hintOffBy120, twoEdits } from './place.js'
import { dedented, tabFile, trailingBlanks } from './white-space.js'

export const rows: readonly Row[] = [
  exact,
  hintOffBy7,
  hintOffBy120,
  dedented,
  tabFile,
  trailingBlanks,
  carriageReturns,
  mixedEnds,
  staleInterior,
  hallucinated,
  duplicateWithHint,
  duplicateWithoutHint,
  curlyQuotes,
  twoEdits,
  changeElsewhere,
  encodings,
  modeAndLink,
  large,
]
