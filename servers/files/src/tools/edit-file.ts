import { type Call, defineTool, Failure, type Tool } from '@auroracoder/kit'
import { z } from 'zod'
import { suggestion } from '../disk/near-names.js'
import { withParents } from '../disk/parents.js'
import { type FileContent, readFile } from '../disk/read.js'
import { writeFile } from '../disk/write.js'
import { hintLinesMax } from '../edit/choose.js'
import { planEdits } from '../edit/plan.js'
import { replaceContent } from '../edit/replace-content.js'
import { type EditRequest, isRefused } from '../edit/request.js'
import { basisOf } from '../history/basis-of.js'
import { observe } from '../history/file-history.js'
import { giveAnswer } from '../journal/answer.js'
import type { Intend } from '../journal/journal.js'
import { absent } from '../journal/path-state.js'
import { lineCount, type TextDocument } from '../text/document.js'
import { viewOf } from '../view/view.js'
import type { Workspace } from '../workspace.js'
import { createdAnswer, editedAnswer, previewAnswer } from './edit-answer.js'
import { acceptEdits, editFields, requestOf } from './edit-arguments.js'

export interface EditFileOptions {
  /** More edits in one call are refused as a whole. */
  readonly editsMax: number
}

const frameChars = 1_500

export function editFileTool(workspace: Workspace, { editsMax }: EditFileOptions): Tool {
  return defineTool({
    name: 'edit_file',
    title: 'Edit a file',
    description: `Replace, insert or delete text in a file. Each edit names its place by "lines" with "first_line" (and "last_line" for a range), the content of the boundary lines as displayed, without what lies between; or by "old_text". "new_text" stands there instead; "" deletes. Whole lines need no final newline. With "insert" nothing is removed; without an anchor it goes to the start or end of the file. All edits refer to the file before the call and must not overlap; all are made or none. Of several equal places the one within ${hintLinesMax} lines of "lines" is taken. A file that does not exist is created from one edit with "new_text" alone.`,
    input: {
      path: z.string().min(1).describe('File to edit.'),
      edits: z.array(z.object(editFields)).min(1).describe(`At most ${editsMax}.`),
      revision: z
        .string()
        .optional()
        .describe('The "rev" of the view that the line numbers are from. Default: the newest one shown.'),
      dry_run: z.boolean().default(false).describe('Only show what would change. Default false.'),
    },
    example: {
      path: 'src/main.ts',
      edits: [{ lines: '13-15', first_line: 'function f() {', last_line: '}', new_text: 'const f = g' }],
    },
    accept: acceptEdits,
    hints: { readOnly: false, destructive: true, idempotent: false, openWorld: false },
    async handler({ path, edits, revision, dry_run }, call) {
      if (edits.length > editsMax) throw new Failure(tooMany(edits.length, editsMax))
      const requests = edits.map(requestOf)
      const { jail, locks, journal } = workspace
      const real = await jail.resolve(path)
      await journal.run(call, {
        work: (intend) =>
          locks.run(real, () => edit(workspace, call, { real, requests, revision, dryRun: dry_run, intend })),
        repeat: () => locks.run(real, () => showAgain(workspace, call, real)),
      })
    },
  })
}

function tooMany(count: number, most: number): string {
  return `${count} edits are too many for one call: at most ${most}. Nothing was written. Send edits 1-${most} first, then the rest.`
}

interface Request {
  real: string
  requests: readonly EditRequest[]
  revision: string | undefined
  dryRun: boolean
  intend: Intend
}

async function edit(workspace: Workspace, call: Call, request: Request): Promise<void> {
  const { jail, documents } = workspace
  const { real } = request
  const content = await readFile(jail, real, documents.known(real))
  if (!content) return create(workspace, call, request)
  const document = await documents.parse(real, content.bytes)
  if (!document) throw new Failure(`"${jail.display(real)}" is not text, so it cannot be edited.`)
  await change(workspace, call, { ...request, content, document })
}

async function create(workspace: Workspace, call: Call, { real, requests, dryRun, intend }: Request): Promise<void> {
  const { jail, temps, panel } = workspace
  const path = jail.display(real)
  const [only, second] = requests
  const anchored = !only || second || only.oldText || only.firstLine
  if (anchored) throw new Failure(`There is no file "${path}" to edit.${await suggestion(jail, real)}`)
  const made = replaceContent(undefined, only.newText)
  if (isRefused(made)) throw new Failure(made.refused)
  const { document } = made.ok
  if (dryRun) return call.reply.text(`Would create ${path} (${lineCount(document)} lines). Nothing was written.`)
  const answer = createdAnswer(path, document, only.newText)
  await withParents(jail, real, async () => {
    await intend({ effects: [{ path: real, before: absent, after: document.hash }], answer })
    await writeFile({ jail, temps, path: real, bytes: document.bytes, before: undefined })
  })
  giveAnswer(call.reply, answer)
  panel.created(call, { real, document })
}

interface Existing extends Request {
  content: FileContent
  document: TextDocument
}

async function change(workspace: Workspace, call: Call, request: Existing): Promise<void> {
  const { jail, temps, panel, documents } = workspace
  const { real, requests, revision, content, document, dryRun, intend } = request
  const path = jail.display(real)
  const known = panel.historyOf(call, real)
  const history = observe(known, { document, origin: known ? 'drifted' : 'opened', step: call.step })
  const basis = basisOf({ known, history, revision, step: call.step })
  const planned = planEdits({ document, edits: requests, basis })
  const found = { real, document, charsMax: call.outputCharsMax - frameChars }
  if (isRefused(planned)) {
    if (call.keepsPanels) panel.caughtUp(call, found)
    throw new Failure(`Nothing was written to ${path}. ${planned.refused}`)
  }
  const plan = planned.ok
  if (dryRun) return giveAnswer(call.reply, previewAnswer({ path, document, plan }))
  const answer = editedAnswer({ path, document, plan })
  await intend({ effects: [{ path: real, before: document.hash, after: plan.document.hash }], answer })
  await writeFile({ jail, temps, path: real, bytes: plan.document.bytes, before: content })
  documents.keep(real, plan.document)
  giveAnswer(call.reply, answer)
  panel.caughtUp(call, found)
  panel.edited(call, { real, before: document, document: plan.document, hunks: plan.hunks })
}

/** The file as it is by now, after an edit that was made before. */
async function showAgain({ jail, documents, panel }: Workspace, call: Call, real: string): Promise<void> {
  const now = await readFile(jail, real, documents.known(real))
  const document = now && (await documents.parse(real, now.bytes))
  if (!document) return
  const charsMax = call.outputCharsMax - frameChars
  const isOpen = panel.openFiles(call).includes(real)
  if (isOpen) panel.caughtUp(call, { real, document, charsMax, isOurs: true })
  else panel.opened(call, { real, document, view: viewOf(document, { path: jail.display(real), charsMax }).view })
}
