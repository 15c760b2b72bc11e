import { type Arguments, type Call, defineTool, Failure, type Tool } from '@auroracoder/kit'
import { z } from 'zod'
import { suggestion } from '../disk/near-names.js'
import { readFile } from '../disk/read.js'
import type { TextDocument } from '../text/document.js'
import { imageTypes, mediaTypeOf } from '../text/media.js'
import { type LineRequest, parseLineRequests } from '../view/line-request.js'
import { lineCharsMax, viewLinesMax, viewOf } from '../view/view.js'
import type { Workspace } from '../workspace.js'
import { asList, pathHabits, renamed } from './habits.js'

const pathsMax = 20
/** Of an answer, for everything beside the views. */
const frameChars = 800
const hexBytes = 64

export function readFileTool(workspace: Workspace): Tool {
  return defineTool({
    name: 'read_file',
    title: 'Read files',
    description: `Open files and show them with line numbers (number, tab, line). The header names the revision ("rev"): edit_file takes line numbers of that revision. Files over ${viewLinesMax} lines open in part: ask for more with "lines". Lines over ${lineCharsMax} characters are cut: "12:2001-4000" shows columns of line 12. Images are shown; of other binary files the type and size.`,
    input: {
      paths: z.array(z.string().min(1)).min(1).max(pathsMax).describe(`At most ${pathsMax}.`),
      lines: z.string().optional().describe('Only these lines of the one file given: "120-180,300-320", "40", "100-".'),
    },
    example: { paths: ['src/main.ts'], lines: '1-80' },
    accept,
    hints: { readOnly: true, destructive: false, idempotent: true, openWorld: false },
    async handler({ paths, lines }, call) {
      const requests = lines === undefined ? undefined : requestsOf(lines, paths)
      const failures: string[] = []
      let room = call.outputCharsMax - frameChars
      for (const [index, path] of paths.entries()) {
        const charsMax = Math.max(Math.floor(room / (paths.length - index)), frameChars)
        try {
          room -= await show(workspace, call, { path, requests, charsMax })
        } catch (error) {
          if (!(error instanceof Failure)) throw error
          failures.push(error.message)
        }
      }
      if (failures.length === paths.length) throw new Failure(failures.join('\n'))
      for (const failure of failures) call.reply.text(`Not opened: ${failure}`)
      call.reply.applied({ paths, ...(lines === undefined ? {} : { lines }) })
    },
  })
}

function accept(raw: Arguments): Arguments {
  const { offset, limit, start_line, end_line, ...rest } = renamed(raw, {
    paths: ['path', ...(pathHabits.path ?? [])],
    lines: ['line_range', 'range'],
  })
  const args: Arguments = { ...rest, paths: asList(rest.paths) }
  if (typeof args.lines === 'number') args.lines = String(args.lines)
  if (Array.isArray(args.lines)) args.lines = args.lines.join('-')
  if (args.lines === undefined) args.lines = rangeOf({ start: start_line ?? offset, end: end_line, count: limit })
  if (args.lines === undefined) delete args.lines
  return args
}

/** Lines from a start with an end or a count, as other tools have them. */
function rangeOf({ start, end, count }: { start: unknown; end: unknown; count: unknown }): string | undefined {
  const first = Number(start ?? 1)
  const last = end !== undefined && end !== null ? Number(end) : first + Number(count) - 1
  if (start === undefined && end === undefined && count === undefined) return undefined
  if (!Number.isInteger(first)) return undefined
  return Number.isInteger(last) ? `${Math.max(first, 1)}-${last}` : `${Math.max(first, 1)}-`
}

function requestsOf(lines: string, paths: readonly string[]): LineRequest[] {
  if (paths.length !== 1)
    throw new Failure(`"lines" goes with one path, found ${paths.length}. Call once for each file.`)
  const requests = parseLineRequests(lines)
  if (requests) return requests
  throw new Failure(
    `"lines" must look like "120-180,300-320", "40", "100-" or "12:2001-4000", found ${JSON.stringify(lines.slice(0, 80))}.`,
  )
}

interface Showing {
  path: string
  requests: readonly LineRequest[] | undefined
  charsMax: number
}

/** Returns how many characters it took. */
async function show(workspace: Workspace, call: Call, { path, requests, charsMax }: Showing): Promise<number> {
  const { jail, locks, documents } = workspace
  const real = await jail.resolve(path)
  return locks.run(real, async () => {
    const content = await readFile(jail, real, documents.known(real))
    if (!content) throw new Failure(`There is no file "${jail.display(real)}".${await suggestion(jail, real)}`)
    const document = await documents.parse(real, content.bytes)
    if (!document) return showBinary(call, jail.display(real), content.bytes.whole())
    return showText(workspace, call, { real, document, requests, charsMax })
  })
}

function showBinary(call: Call, shown: string, bytes: Buffer): number {
  const type = mediaTypeOf(bytes)
  if (type !== undefined && imageTypes.includes(type)) {
    call.reply.image(bytes, type)
    call.reply.text(`${shown}: ${type}, ${bytes.length} bytes.`)
    return 0
  }
  const hex = bytes
    .subarray(0, hexBytes)
    .toString('hex')
    .replace(/(..)(?=.)/g, '$1 ')
  call.reply.text(
    `${shown} is not text: ${type ?? 'unknown binary format'}, ${bytes.length} bytes, beginning with\n${hex}`,
  )
  return hex.length
}

interface Text extends Omit<Showing, 'path'> {
  real: string
  document: TextDocument
}

function showText({ panel, jail }: Workspace, call: Call, { real, document, requests, charsMax }: Text): number {
  const path = jail.display(real)
  // A client that keeps the panel shows more of the file than this call asks for.
  const isNews = call.keepsPanels && panel.caughtUp(call, { real, document, charsMax })
  const shown = viewOf(document, { path, requests, charsMax })
  const count = shown.view.lineCount
  if (requests && shown.view.ranges.length === 0) {
    throw new Failure(`"${path}" has ${count} lines; none of those asked for exists.`)
  }
  if (call.keepsPanels && panel.isShown(call, real, shown.view)) {
    if (!isNews) call.reply.text(`${path} is open and what is shown of it is up to date (rev ${document.revision}).`)
    return 0
  }
  panel.opened(call, { real, document, view: shown.view })
  const [cut] = shown.cutLines
  if (cut !== undefined) {
    const next = (shown.view.ranges.find(({ start }) => start === cut)?.columns?.[1] ?? 0) + 1
    const length = document.lines.texts[cut - 1]?.length ?? 0
    if (next <= length) {
      const more = `${cut}:${next}-${Math.min(next + lineCharsMax - 1, length)}`
      call.reply.note(
        `Line ${cut} of ${path} has ${length} characters and is cut; lines "${more}" shows how it goes on.`,
      )
    }
  }
  return shown.chars
}
