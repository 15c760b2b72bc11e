import { Failure, type Family, type OwnFlag, type ServerDefinition, type ServerOptions } from '@auroracoder/kit'
import { createJail } from '@auroracoder/kit/jail'
import { createLocks } from './disk/lock.js'
import { createTempFiles, sweepTempFiles } from './disk/temp-files.js'
import { createJournal } from './journal/journal.js'
import { type ConversationsOptions, createConversations } from './panel/conversations.js'
import { type CrowdingLimits, crowdingDefaults } from './panel/crowding.js'
import { createOpenFiles } from './panel/open-files.js'
import { createLooks } from './search/looks.js'
import { createDocuments } from './text/documents.js'
import { closeFileTool } from './tools/close-file.js'
import { deleteFileTool } from './tools/delete-file.js'
import { editFileTool } from './tools/edit-file.js'
import { grepSearchTool } from './tools/grep-search.js'
import { inTurn } from './tools/in-turn.js'
import { listDirectoryTool } from './tools/list-directory.js'
import { moveFileTool } from './tools/move-file.js'
import { readFileTool } from './tools/read-file.js'
import { searchFilesTool } from './tools/search-files.js'
import { writeFileTool } from './tools/write-file.js'
import { packageVersion } from './version.js'
import type { Workspace } from './workspace.js'

const editsMaxDefault = 20
const editsMaxLeast = 3

const flags = {
  'max-edits': {
    type: 'string',
    description: `Edits accepted in one edit_file call, ${editsMaxLeast} to ${editsMaxDefault} (default ${editsMaxDefault})`,
  },
  'warn-files': {
    type: 'string',
    description: `Open files beyond which the model is warned, and warned strongly (default ${crowdingDefaults.files})`,
  },
  'warn-chars': {
    type: 'string',
    description: `Characters shown beyond which the model is warned, and warned strongly (default ${crowdingDefaults.chars})`,
  },
} satisfies Record<string, OwnFlag>

export const filesServer: ServerDefinition = {
  name: 'files',
  title: 'Files',
  version: packageVersion(),
  instructions: `Find with grep_search (contents), search_files (paths) and list_directory; open with read_file; change with edit_file; create or replace whole files with write_file.
Lines are shown as number, tab, content. The number and the tab are not part of the file.
edit_file: name lines by their numbers and the exact content of the first and last one, or send the old text. The server finds the place even when numbers are off, forgives differences in trailing whitespace, indentation and quotes, and tells you what it corrected; it refuses when the place is not certain, and then nothing has been written. Put all changes of one file in one call. Its answer shows the changed lines with their new numbers, so there is no need to read the file again.
A file that changed behind your back is never overwritten blindly: you are shown what changed.
Close files that you no longer need with close_file.
Line ends, encoding, byte order mark, mode and a missing final newline stay as they are.
Paths are relative to the first root, or absolute inside a root.`,
  flags,
  create: (options) => createFilesFamily(options),
}

/** `memory` bounds what is remembered of conversations. */
export async function createFilesFamily(
  { roots, stateDir, flags: values, log }: ServerOptions,
  memory?: ConversationsOptions,
): Promise<Family> {
  const jail = await createJail(roots)
  const editsMax = editsMaxOf(values['max-edits'])
  const limits = limitsOf(values)
  const locks = createLocks()
  const documents = createDocuments()
  const conversations = createConversations(memory)
  const openFiles = createOpenFiles({ conversations, jail, locks, documents, stateDir, limits, nowMs: Date.now, log })
  const temps = createTempFiles({ stateDir, log })
  const journal = createJournal({ jail, locks, stateDir, nowMs: Date.now, log })
  const looks = createLooks({ log })
  const workspace: Workspace = { jail, locks, temps, panel: openFiles.panel, documents, journal, looks }
  const sweeping = sweepTempFiles({ stateDir, roots: jail.roots }).catch((error: unknown) => {
    log.warn('old temp files could not be swept', { err: error })
  })
  const changingPanel = [
    readFileTool(workspace),
    writeFileTool(workspace),
    editFileTool(workspace, { editsMax }),
    deleteFileTool(workspace),
    moveFileTool(workspace),
    closeFileTool(workspace),
  ]
  return {
    tools: [
      ...changingPanel.map((tool) => inTurn(tool, locks)),
      listDirectoryTool(workspace),
      searchFilesTool(workspace),
      grepSearchTool(workspace),
    ],
    panel: openFiles.owner,
    resources: [openFiles.resource],
    close: async () => {
      await Promise.all([sweeping, journal.swept(), openFiles.close(), looks.close()])
      temps.close()
    },
  }
}

function editsMaxOf(value: string | boolean | undefined): number {
  if (value === undefined) return editsMaxDefault
  const count = Number(value)
  if (Number.isInteger(count) && count >= editsMaxLeast && count <= editsMaxDefault) return count
  throw new Failure(`--max-edits must be a number from ${editsMaxLeast} to ${editsMaxDefault}, found "${value}".`)
}

type FlagValues = ServerOptions['flags']

function limitsOf(values: FlagValues): CrowdingLimits {
  return {
    files: stepsOf(values, 'warn-files') ?? crowdingDefaults.files,
    chars: stepsOf(values, 'warn-chars') ?? crowdingDefaults.chars,
  }
}

function stepsOf(values: FlagValues, flag: 'warn-files' | 'warn-chars'): readonly [number, number] | undefined {
  const value = values[flag]
  if (value === undefined) return undefined
  const [, mild, strong] = /^\s*(\d{1,9})\s*,\s*(\d{1,9})\s*$/.exec(String(value)) ?? []
  if (Number(mild) <= Number(strong)) return [Number(mild), Number(strong)]
  throw new Failure(`--${flag} must be two numbers in order, such as "5,10", found "${value}".`)
}
