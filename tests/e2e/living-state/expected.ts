import type { Shown } from '@auroracoder/kit/panel'
import { z } from 'zod'

/** The files that must be visible to the model, by what it was answered; an independent count of what is open. */
export interface Expected {
  /** A call was answered. One that failed, or in part, may have had any effect: its files are not counted on. */
  answered(call: { name: string; args: Record<string, unknown>; step: string; isWhole: boolean }): void
  /** An answer may have been lost: whatever is not visible next is no longer counted on. */
  doubt(): void
  /** Files that should be visible and are not. */
  missing(shown: Shown, exists: (path: string) => boolean): string[]
}

const argumentsSchema = z.object({
  path: z.string().optional(),
  paths: z.array(z.string()).default([]),
  keep: z.array(z.string()).optional(),
  from: z.string().optional(),
  to: z.string().optional(),
})

export function createExpected(): Expected {
  const open = new Set<string>()
  let isInDoubt = false
  /** Beside a call that closes files, nobody knows which came first. */
  let closingStep = ''

  return {
    answered({ name, args, step, isWhole }) {
      if (name === 'close_file') closingStep = step
      const { path, paths, keep, from, to } = argumentsSchema.parse(args)
      const named = [path, ...paths, from, to].filter((each) => each !== undefined)
      const isMoved = isWhole && from !== undefined && open.has(from)
      const opens = name === 'write_file' || (name === 'read_file' && step !== closingStep)
      for (const each of named) {
        if (isWhole && opens) open.add(each)
        else if (name !== 'edit_file' || !isWhole) open.delete(each)
      }
      if (isMoved && to !== undefined) open.add(to)
      if (isWhole && keep) for (const each of open) if (!keep.includes(each)) open.delete(each)
    },
    doubt() {
      isInDoubt = true
    },
    missing(shown, exists) {
      for (const path of open) if (!exists(path) || (isInDoubt && !shown.has(path))) open.delete(path)
      isInDoubt = false
      return [...open].filter((path) => !shown.has(path)).map((path) => `${path}: is open and not shown`)
    },
  }
}
