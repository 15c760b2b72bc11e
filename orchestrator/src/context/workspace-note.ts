import { instructionFiles } from './instruction-files.js'
import { workspaceTree } from './workspace-tree.js'

export interface WorkspaceNoteOptions {
  /** The directory on this machine. */
  root: string
  /** What the tools call it. */
  shownAs?: string
  /** Where the tools run: the platform, e.g. `linux x64`, and sentences about what is different there. */
  surroundings: { platform: string; rules: readonly string[] }
  nowMs: number
}

/** What opens the first user message: facts of the day that may not stand in the system prompt. */
export async function workspaceNote(options: WorkspaceNoteOptions): Promise<string> {
  const { root, shownAs = root, surroundings, nowMs } = options
  const [tree, instructions] = await Promise.all([workspaceTree(root), instructionFiles(root)])
  const facts = [
    `Date: ${new Date(nowMs).toISOString().slice(0, 10)}`,
    `Platform: ${surroundings.platform}`,
    `Workspace: ${shownAs}`,
    ...surroundings.rules.map((rule) => `Sandbox: ${rule}`),
    '',
    tree === '' ? 'The workspace is empty.' : `Files:\n${tree}`,
  ].join('\n')
  const parts = instructions.map(({ path, text }) => `Project instructions from ${path}:\n${text}`)
  const precedence = instructions.length > 1 ? ['Where these instructions differ, the later ones hold.'] : []
  return [facts, ...parts, ...precedence].join('\n\n')
}
