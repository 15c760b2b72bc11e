import { documentOf, type TextDocument } from './document.js'
import { utf8 } from './encoding.js'

export function documentFromText(text: string): TextDocument {
  return documentOf(utf8.encode(text), utf8)
}
