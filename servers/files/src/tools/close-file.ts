import { type Arguments, type Call, defineTool, Failure, type Tool } from '@auroracoder/kit'
import { z } from 'zod'
import type { Workspace } from '../workspace.js'
import { asList, pathHabits, renamed } from './habits.js'

export function closeFileTool({ jail, panel }: Workspace): Tool {
  return defineTool({
    name: 'close_file',
    title: 'Close files',
    description:
      'Close files that you no longer need to see: their text leaves your context and is no longer kept up to date. Files on disk are not touched. Give "paths", or "keep" to close all open files except those.',
    input: {
      paths: z.array(z.string().min(1)).optional().describe('Files to close.'),
      keep: z.array(z.string().min(1)).optional().describe('Instead of paths: close all files but these.'),
    },
    example: { keep: ['src/main.ts'] },
    accept,
    hints: { readOnly: true, destructive: false, idempotent: true, openWorld: false },
    async handler({ paths, keep }, call) {
      if ((paths === undefined) === (keep === undefined)) {
        throw new Failure(
          `Expected either "paths" or "keep", found ${paths ? 'both' : 'neither'}. "keep": [] closes all files.`,
        )
      }
      const named = new Set(await Promise.all((paths ?? keep ?? []).map((path) => jail.resolve(path))))
      const open = panel.openFiles(call)
      const closing = open.filter((real) => named.has(real) === (paths !== undefined))
      for (const real of closing) panel.closed(call, real)
      tell(call, {
        closed: closing.map(jail.display),
        notOpen: [...named].filter((real) => !open.includes(real)).map(jail.display),
        left: open.length - closing.length,
      })
      call.reply.applied(paths ? { paths } : { keep })
    },
  })
}

function accept(raw: Arguments): Arguments {
  const args = renamed(raw, { paths: ['path', ...(pathHabits.path ?? [])], keep: ['except'] })
  return {
    ...args,
    ...('paths' in args ? { paths: asList(args.paths) } : {}),
    ...('keep' in args ? { keep: asList(args.keep) } : {}),
  }
}

interface Result {
  closed: readonly string[]
  notOpen: readonly string[]
  left: number
}

function tell({ reply }: Call, { closed, notOpen, left }: Result): void {
  const files = left === 1 ? '1 file stays' : `${left} files stay`
  reply.text(`Closed ${closed.length}; ${files} open.${notOpen.length > 0 ? ` Not open: ${notOpen.join(', ')}.` : ''}`)
  reply.result({ closed, open: left })
}
