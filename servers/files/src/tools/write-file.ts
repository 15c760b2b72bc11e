import { type Arguments, type Call, defineTool, Failure, type Tool } from '@auroracoder/kit'
import { z } from 'zod'
import { withParents } from '../disk/parents.js'
import { readFile } from '../disk/read.js'
import { writeFile } from '../disk/write.js'
import { countChanges, hunksBetween } from '../edit/hunks.js'
import { replaceContent } from '../edit/replace-content.js'
import { isRefused } from '../edit/request.js'
import { newestOf } from '../history/file-history.js'
import { type Answer, giveAnswer } from '../journal/answer.js'
import type { Intend } from '../journal/journal.js'
import { absent } from '../journal/path-state.js'
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
      const { jail, locks, journal } = workspace
      const real = await jail.resolve(path)
      const request = { real, content, overwrite }
      await journal.run(call, {
        work: (intend) => locks.run(real, () => write(workspace, call, { ...request, intend })),
        repeat: ([effect]) => locks.run(real, () => showAgain(workspace, call, { ...request, hash: effect?.after })),
      })
      call.reply.applied({ path: jail.display(real), content, ...(overwrite ? { overwrite } : {}) })
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

interface Write extends Request {
  intend: Intend
}

async function write(workspace: Workspace, call: Call, request: Write): Promise<void> {
  const { jail, temps, panel, documents } = workspace
  const { real, content, overwrite, intend } = request
  const before = await readFile(jail, real, documents.known(real))
  const old = before && (await documents.parse(real, before.bytes))
  const next = replaceContent(old, content)
  if (isRefused(next)) throw new Failure(next.refused)
  const { document, kept } = next.ok
  const oldHash = old?.hash ?? (before ? hashOf(before.bytes.pieces) : absent)
  const changes = oldHash !== document.hash
  if (
    before &&
    changes &&
    !overwrite &&
    !isKnown(workspace, call, { real, hash: oldHash, size: before.bytes.length })
  ) {
    return showInstead(workspace, call, { real, document: old, size: before.bytes.length })
  }
  const answer = answerOf({ path: jail.display(real), document, old, existed: before !== undefined, changes, kept })
  if (changes) {
    await withParents(jail, real, async () => {
      await intend({ effects: [{ path: real, before: oldHash, after: document.hash }], answer })
      await writeFile({ jail, temps, path: real, bytes: document.bytes, before })
    })
  }
  giveAnswer(call.reply, answer)
  panel.written(call, { real, document, content })
}

interface Repeated {
  real: string
  content: string
  /** Of what was written. */
  hash: string | undefined
}

/** The file as it is by now, which may be other than what the call wrote. */
async function showAgain({ jail, documents, panel }: Workspace, call: Call, { real, content, hash }: Repeated) {
  const now = await readFile(jail, real, documents.known(real))
  const document = now && (await documents.parse(real, now.bytes))
  if (!document) return
  if (document.hash === hash) return panel.written(call, { real, document, content })
  const charsMax = call.outputCharsMax - frameChars
  const isTold = panel.caughtUp(call, { real, document, charsMax })
  if (!isTold)
    panel.opened(call, { real, document, view: viewOf(document, { path: jail.display(real), charsMax }).view })
}

interface Existing {
  real: string
  hash: string
  size: number
}

/** Whether what would be lost is what the conversation has seen last. An empty file loses nothing. */
function isKnown({ panel }: Workspace, call: Call, { real, hash, size }: Existing): boolean {
  if (size === 0) return true
  const newest = newestOf(panel.historyOf(call, real))
  if (newest?.hash !== hash) return false
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
  path: string
  document: TextDocument
  old: TextDocument | undefined
  existed: boolean
  changes: boolean
  /** One sentence for each thing that was kept of the file. */
  kept: readonly string[]
}

function answerOf({ path, document, old, existed, changes, kept }: Result): Answer {
  const count = lineCount(document)
  const lines = `${count} ${count === 1 ? 'line' : 'lines'}`
  const done = existed ? 'Replaced' : 'Created'
  const hunks = hunksBetween(old?.lines.texts ?? [], document.lines.texts)
  return {
    text: changes ? `${done} ${path} (${lines}).` : `${path} has this content already (${lines}).`,
    notes: [...kept],
    facts: { path, revision: document.revision, created: !existed, ...countChanges(hunks) },
  }
}
