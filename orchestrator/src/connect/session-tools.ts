import type { ForeignTools } from './foreign-tools.js'
import type { SandboxTools } from './sandbox-tools.js'
import type { ToolSet } from './tool-set.js'

export interface SessionTools extends ToolSet {
  close(): Promise<void>
}

/** Our servers' tools and the others' as one set. Theirs have a server's key in front and cannot hide ours. */
export function joinTools(own: SandboxTools, foreign: ForeignTools | undefined): SessionTools {
  if (!foreign) return own
  const ours = new Set(own.tools.map(({ name }) => name))
  return {
    tools: [...own.tools, ...foreign.tools.filter(({ name }) => !ours.has(name))],
    instructions: [...own.instructions, ...foreign.instructions],
    problems: [...own.problems, ...foreign.problems],
    call: (request) => (ours.has(request.name) ? own.call(request) : foreign.call(request)),
    readPanels: (request) => own.readPanels(request),
    close: async () => void (await Promise.allSettled([own.close(), foreign.close()])),
  }
}
