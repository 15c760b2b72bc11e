import { documentOf, type TextDocument } from './document.js'
import { utf8 } from './encoding.js'
import { joinLines } from './lines.js'

export function documentFromText(text: string): TextDocument {
  return documentOf(utf8.encode(text), utf8)
}

export function textOf({ lines }: Pick<TextDocument, 'lines'>): string {
  return joinLines(lines)
}
