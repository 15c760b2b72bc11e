import { type Arguments, type Call, defineTool, Failure, type Tool } from '@auroracoder/kit'
import { z } from 'zod'
import { withParents } from '../disk/parents.js'
import { readFile } from '../disk/read.js'
import { writeFile } from '../disk/write.js'
import { countChanges, hunksBetween } from '../edit/hunks.js'
import { replaceContent } from '../edit/replace-content.js'
import { isRefused } from '../edit/request.js'
import { newestOf } from '../history/file-history.js'
import { hashOf, lineCount, type TextDocument } from '../text/document.js'
import { viewOf } from '../view/view.js'
import type { Workspace } from '../workspace.js'
import { asBoolean, pathHabits, renamed } from './habits.js'

/** Of an answer, for everything beside the view. */
const frameChars = 800

export function writeFileTool(workspace: Workspace): Tool {
  return defineTool({
    name: 'write_file',
    title: 'Write a file',
    description:
      'Create a file, or replace the whole content of one; missing directories are made. For a change to part of a file use edit_file. A file that you have not seen, or that has changed since, is shown instead of replaced; "overwrite" insists. Line ends, encoding, byte order mark and mode of a replaced file are kept.',
    input: {
      path: z.string().min(1).describe('File to write.'),
      content: z.string().describe('The whole new content.'),
      overwrite: z.boolean().default(false).describe('Replace even what you have not seen. Default false.'),
    },
    example: { path: 'src/hello.ts', content: "console.log('hello')\n" },
    accept,
    hints: { readOnly: false, destructive: true, idempotent: true, openWorld: false },
    async handler({ path, content, overwrite }, call) {
      const real = await workspace.jail.resolve(path)
      await workspace.locks.run(real, () => write(workspace, call, { real, content, overwrite }))
    },
  })
}

function accept(raw: Arguments): Arguments {
  const args = renamed(raw, { ...pathHabits, content: ['contents', 'text', 'file_text', 'code_content'] })
  return { ...args, ...('overwrite' in args ? { overwrite: asBoolean(args.overwrite) } : {}) }
}

interface Request {
  real: string
  content: string
  overwrite: boolean
}

async function write(workspace: Workspace, call: Call, request: Request): Promise<void> {
  const { jail, temps, panel, documents } = workspace
  const { real, content, overwrite } = request
  const shown = jail.display(real)
  const before = await readFile(jail, real)
  const old = before && (await documents.parse(real, before.bytes))
  const next = replaceContent(old, content)
  if (isRefused(next)) throw new Failure(next.refused)
  const { document, kept } = next.ok
  const changes = !before?.bytes.equals(document.bytes)
  if (before && changes && !overwrite && !isKnown(workspace, call, { real, bytes: before.bytes })) {
    return showInstead(workspace, call, { real, document: old, size: before.bytes.length })
  }
  if (changes) {
    await withParents(jail, real, () => writeFile({ jail, temps, path: real, bytes: document.bytes, before }))
  }
  for (const sentence of kept) call.reply.note(sentence)
  tell(call, { shown, document, old, existed: before !== undefined, changes })
  panel.written(call, { real, document, content })
  call.reply.applied({ path: shown, content, ...(overwrite ? { overwrite } : {}) })
}

interface Existing {
  real: string
  bytes: Uint8Array
}

/** Whether what would be lost is what the conversation has seen last. An empty file loses nothing. */
function isKnown({ panel }: Workspace, call: Call, { real, bytes }: Existing): boolean {
  if (bytes.length === 0) return true
  const newest = newestOf(panel.historyOf(call, real))
  if (newest?.hash !== hashOf(bytes)) return false
  const openedThisTurn = newest.origin === 'opened' && call.step !== undefined && newest.step === call.step
  return !openedThisTurn
}

interface Unseen {
  real: string
  document: TextDocument | undefined
  size: number
}

function showInstead({ jail, panel }: Workspace, call: Call, { real, document, size }: Unseen): void {
  const path = jail.display(real)
  if (!document) {
    call.reply.fail(
      `"${path}" exists and is not text (${size} bytes). Nothing was written. "overwrite": true replaces it.`,
    )
    return
  }
  const known = panel.historyOf(call, real)
  const charsMax = call.outputCharsMax - frameChars
  const isTold = panel.caughtUp(call, { real, document, charsMax })
  if (!isTold) panel.opened(call, { real, document, view: viewOf(document, { path, charsMax }).view })
  call.reply.fail(
    `"${path}" ${known ? 'has changed since you saw it' : 'exists and you have not seen it'}; this is what it holds. Nothing was written. Change it with edit_file, or send this call again to replace it.`,
  )
}

interface Result {
  shown: string
  document: TextDocument
  old: TextDocument | undefined
  existed: boolean
  changes: boolean
}

function tell(call: Call, { shown, document, old, existed, changes }: Result): void {
  const count = lineCount(document)
  const lines = `${count} ${count === 1 ? 'line' : 'lines'}`
  if (!changes) call.reply.text(`${shown} has this content already (${lines}).`)
  else call.reply.text(existed ? `Replaced ${shown} (${lines}).` : `Created ${shown} (${lines}).`)
  const hunks = hunksBetween(old?.lines.texts ?? [], document.lines.texts)
  call.reply.result({ path: shown, revision: document.revision, created: !existed, ...countChanges(hunks) })
}
