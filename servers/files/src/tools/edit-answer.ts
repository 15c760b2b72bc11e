import type { Hunk } from '@auroracoder/kit/wire'
import { countChanges } from '../edit/hunks.js'
import type { Plan } from '../edit/plan.js'
import type { Answer } from '../journal/answer.js'
import { lineCount, type TextDocument } from '../text/document.js'
import { wireEdit } from './edit-arguments.js'

export interface Made {
  path: string
  /** As it was. */
  document: TextDocument
  plan: Plan
}

export function editedAnswer({ path, document, plan }: Made): Answer {
  const count = plan.canonical.length
  const delta = lineCount(plan.document) - lineCount(document)
  const sign = delta > 0 ? '+' : ''
  return {
    text: `Made ${count} ${count === 1 ? 'edit' : 'edits'} in ${path} (${sign}${delta} lines).`,
    notes: [...plan.corrections],
    facts: { path, revision: plan.document.revision, ...factsOf(plan) },
    applied: { path, edits: plan.canonical.map(wireEdit), revision: document.revision },
  }
}

/** The hunks with removed and added lines: nothing else shows the model what it would lose. */
export function previewAnswer({ path, document, plan }: Made): Answer {
  const hunks = plan.hunks.flatMap((hunk) => hunkLines(document, hunk)).join('\n')
  return {
    text: `Would change ${path} (dry run: nothing was written):\n${hunks}`,
    notes: [...plan.corrections],
    facts: { path, ...factsOf(plan) },
    applied: { path, edits: plan.canonical.map(wireEdit), revision: document.revision, dry_run: true },
  }
}

export function createdAnswer(path: string, document: TextDocument, newText: string): Answer {
  const count = lineCount(document)
  return {
    text: `Created ${path} (${count} lines).`,
    notes: [],
    facts: { path, revision: document.revision, created: true, additions: count, deletions: 0 },
    applied: { path, edits: [wireEdit({ newText })] },
  }
}

function factsOf({ hunks, corrections }: Plan): Record<string, unknown> {
  return { hunks, corrected: corrections.length, ...countChanges(hunks) }
}

function hunkLines({ lines }: TextDocument, hunk: Hunk): string[] {
  const removed = lines.texts.slice(hunk.oldStart - 1, hunk.oldStart - 1 + hunk.oldCount)
  return [`@ line ${hunk.oldStart}`, ...removed.map((line) => `-${line}`), ...hunk.lines.map((line) => `+${line}`)]
}
