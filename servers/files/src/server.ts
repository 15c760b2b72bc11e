import { Failure, type Family, type OwnFlag, type ServerDefinition, type ServerOptions } from '@auroracoder/kit'
import { createJail } from '@auroracoder/kit/jail'
import { createLocks } from './disk/lock.js'
import { createTempFiles, sweepTempFiles } from './disk/temp-files.js'
import { createHistories } from './history/histories.js'
import { createDocuments } from './text/documents.js'
import { editFileTool } from './tools/edit-file.js'
import { grepSearchTool } from './tools/grep-search.js'
import { listDirectoryTool } from './tools/list-directory.js'
import { readFileTool } from './tools/read-file.js'
import { writeFileTool } from './tools/write-file.js'
import type { Workspace } from './workspace.js'

const editsMaxDefault = 20
const editsMaxLeast = 3

const flags = {
  'max-edits': {
    type: 'string',
    description: `Edits accepted in one edit_file call, ${editsMaxLeast} to ${editsMaxDefault} (default ${editsMaxDefault})`,
  },
} satisfies Record<string, OwnFlag>

export const filesServer: ServerDefinition = {
  name: 'files',
  title: 'Files',
  version: '0.1.0',
  instructions: `Find with grep_search (contents) and list_directory (names); open with read_file; change with edit_file; create or replace whole files with write_file.
Lines are shown as number, tab, content. The number and the tab are not part of the file.
edit_file: name lines by their numbers and the exact content of the first and last one, or send the old text. The server finds the place even when numbers are off, forgives differences in trailing whitespace, indentation and quotes, and tells you what it corrected; it refuses when the place is not certain, and then nothing has been written. Put all changes of one file in one call. Its answer shows the changed lines with their new numbers, so there is no need to read the file again.
A file that changed behind your back is never overwritten blindly: you are shown what changed.
Line ends, encoding, byte order mark, mode and a missing final newline stay as they are.
Paths are relative to the first root, or absolute inside a root.`,
  flags,
  create: createFilesFamily,
}

async function createFilesFamily({ roots, stateDir, flags: values, log }: ServerOptions): Promise<Family> {
  const jail = await createJail(roots)
  const editsMax = editsMaxOf(values['max-edits'])
  const workspace: Workspace = {
    jail,
    locks: createLocks(),
    temps: createTempFiles({ stateDir, log }),
    histories: createHistories(),
    documents: createDocuments(),
  }
  const sweeping = sweepTempFiles({ stateDir, roots: jail.roots }).catch((error: unknown) => {
    log.warn('old temp files could not be swept', { err: error })
  })
  return {
    tools: [
      readFileTool(workspace),
      writeFileTool(workspace),
      editFileTool(workspace, { editsMax }),
      listDirectoryTool(workspace),
      grepSearchTool(workspace),
    ],
    close: () => sweeping,
  }
}

function editsMaxOf(value: string | boolean | undefined): number {
  if (value === undefined) return editsMaxDefault
  const count = Number(value)
  if (Number.isInteger(count) && count >= editsMaxLeast && count <= editsMaxDefault) return count
  throw new Failure(`--max-edits must be a number from ${editsMaxLeast} to ${editsMaxDefault}, found "${value}".`)
}
