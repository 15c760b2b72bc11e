import { chmod, lstat, mkdir, readFile, rm, stat, symlink, writeFile } from 'node:fs/promises'
import { basename, join } from 'node:path'
import type { Answer, ToolCall } from '../mcp/tool-server.js'
import type { Contestant } from './contestants.js'
import type { EditCase, Row } from './row.js'
import type { Subject } from './subject.js'

export type Verdict = 'correct' | 'refused' | 'wrong'

export interface Outcome {
  readonly verdict: Verdict
  /** Nothing was changed and the answer does not say that something failed. */
  readonly isSilent: boolean
  readonly got: Buffer
  readonly exchange: readonly { call: ToolCall; answer: Answer }[]
}

export interface Trial {
  readonly row: Row
  readonly subject: Subject
  readonly made: EditCase
}

/** Shows the file, lets the world change it, asks for the edit, and looks at the disk: the answer is not asked. */
export async function runCase(contestant: Contestant, { row, subject, made }: Trial): Promise<Outcome> {
  const folder = join(contestant.root, `${row.id}-${subject.id}`)
  const place = await lay(folder, basename(subject.path), made)
  try {
    for (const edit of made.edits) await contestant.server.call(contestant.show(place.asked, edit))
    if (made.changed) await writeFile(place.real, made.changed)
    const exchange = []
    for (const call of contestant.edit(place.asked, { edits: made.edits, row })) {
      exchange.push({ call, answer: await contestant.server.call(call) })
    }
    const got = await readFile(place.real)
    const verdict = (await keptIts(place, made)) ? judge(made, got) : 'wrong'
    return { verdict, isSilent: verdict === 'refused' && exchange.every(({ answer }) => answer.ok), got, exchange }
  } finally {
    await rm(folder, { recursive: true })
  }
}

interface Place {
  /** The path in the call. */
  asked: string
  real: string
}

async function lay(folder: string, name: string, { bytes, mode, linked }: EditCase): Promise<Place> {
  await mkdir(folder)
  const real = join(folder, name)
  await writeFile(real, bytes)
  if (mode !== undefined) await chmod(real, mode)
  if (!linked) return { asked: real, real }
  const asked = join(folder, `link-to-${name}`)
  await symlink(name, asked)
  return { asked, real }
}

async function keptIts({ asked, real }: Place, { mode, linked }: EditCase): Promise<boolean> {
  if (mode !== undefined && ((await stat(real)).mode & 0o777) !== mode) return false
  return !linked || (await lstat(asked)).isSymbolicLink()
}

/** Where several contents are right, each line may be as in any of them. */
export function judge(
  { bytes, changed, accepted }: Pick<EditCase, 'bytes' | 'changed' | 'accepted'>,
  got: Buffer,
): Verdict {
  if (isOneOf(accepted, got)) return 'correct'
  return got.equals(changed ?? bytes) ? 'refused' : 'wrong'
}

function isOneOf(accepted: readonly Buffer[], got: Buffer): boolean {
  if (accepted.some((content) => content.equals(got))) return true
  const lines = got.toString('latin1').split('\n')
  const choices = accepted.map((content) => content.toString('latin1').split('\n'))
  if (choices.length < 2 || choices.some(({ length }) => length !== lines.length)) return false
  return lines.every((line, index) => choices.some((choice) => choice[index] === line))
}
