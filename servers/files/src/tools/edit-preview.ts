import type { Hunk } from '@auroracoder/kit/wire'
import type { TextDocument } from '../text/document.js'

/** The hunks of a dry run, with removed and added lines: nothing else shows the model what it would lose. */
export function previewOf(document: TextDocument, hunks: readonly Hunk[]): string {
  return hunks.flatMap((hunk) => hunkLines(document, hunk)).join('\n')
}

function hunkLines({ lines }: TextDocument, hunk: Hunk): string[] {
  const removed = lines.texts.slice(hunk.oldStart - 1, hunk.oldStart - 1 + hunk.oldCount)
  return [`@ line ${hunk.oldStart}`, ...removed.map((line) => `-${line}`), ...hunk.lines.map((line) => `+${line}`)]
}
