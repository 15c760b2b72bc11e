import type { z } from 'zod'

type Issue = z.core.$ZodIssue

/** One broken field: its path from the root, and the sentence for a reader. */
export interface FieldProblem {
  readonly path: readonly PropertyKey[]
  /** `steps[0].reply.text`, or `the value itself` at the root. */
  readonly field: string
  readonly message: string
}

/** The first thing wrong with a value; of a union's branches, the one that got furthest into it. */
export function firstProblem(error: z.ZodError): FieldProblem {
  const issue = error.issues[0]
  if (issue === undefined) return { path: [], field: formatPath([]), message: error.message }
  const deepest = descend(issue, [])
  return { path: deepest.path, field: formatPath(deepest.path), message: deepest.issue.message }
}

function descend(issue: Issue, parent: readonly PropertyKey[]): { issue: Issue; path: readonly PropertyKey[] } {
  const path = [...parent, ...issue.path]
  if (issue.code !== 'invalid_union') return { issue, path }
  const branches = issue.errors.flatMap((issues) => issues.slice(0, 1).map((inner) => descend(inner, path)))
  const deeper = branches.filter((branch) => branch.path.length > path.length)
  return deeper.sort((a, b) => b.path.length - a.path.length)[0] ?? { issue, path }
}

export function formatPath(path: readonly PropertyKey[]): string {
  if (path.length === 0) return 'the value itself'
  return path.map((key, depth) => (typeof key === 'number' ? `[${key}]` : `${depth ? '.' : ''}${String(key)}`)).join('')
}
