import { SandboxError, type Sandboxes } from '@auroracoder/sandbox'
import type { Settings } from '../config/config.js'
import { type ExitCode, exitCodes } from './exit-codes.js'
import { printable } from './style.js'
import { endingSignal } from './until-signal.js'

export type SandboxRequest =
  | { action: 'build' | 'list' | 'sweep' }
  | { action: 'stop'; name: string }
  | { action: 'shell'; name: string; root: boolean }

export type SandboxArguments = SandboxRequest & { settings: Settings; json: boolean }

export interface SandboxWorld {
  openSandboxes(settings: Settings, env: Readonly<Record<string, string | undefined>>): Sandboxes
  env: Readonly<Record<string, string | undefined>>
}

/** What a person does with sandboxes beside the service. */
export async function sandboxCommand(args: SandboxArguments, { openSandboxes, env }: SandboxWorld): Promise<ExitCode> {
  const sandboxes = openSandboxes(args.settings, env)
  try {
    return await perform(args, sandboxes)
  } catch (error) {
    if (!(error instanceof SandboxError)) throw error
    process.stderr.write(`auroracoder: ${error.message}\n`)
    return exitCodes.failed
  }
}

async function perform(args: SandboxArguments, sandboxes: Sandboxes): Promise<ExitCode> {
  const tell = (value: object, lines: readonly string[]): ExitCode => {
    process.stdout.write(
      args.json ? `${JSON.stringify(value)}\n` : lines.map((line) => `${printable(line)}\n`).join(''),
    )
    return exitCodes.completed
  }
  switch (args.action) {
    case 'build': {
      const onLine = (line: string): void => void process.stderr.write(`${printable(line)}\n`)
      const image = await sandboxes.build({ onLine, signal: endingSignal() })
      return tell({ image }, [`The image of the sandbox is ${image}.`])
    }
    case 'list': {
      const found = await sandboxes.list()
      return tell({ sandboxes: found }, found.length === 0 ? ['There is no sandbox.'] : table(found))
    }
    case 'sweep': {
      const swept = await sandboxes.sweep()
      const names =
        swept.containers.length === 0 ? 'Nothing was left behind.' : `Removed: ${swept.containers.join(', ')}`
      return tell(swept, [names])
    }
    case 'stop':
      await sandboxes.remove(args.name)
      return tell({ stopped: args.name }, [`Stopped ${args.name}.`])
    case 'shell':
      await sandboxes.shell(args.name, { root: args.root, terminal: { input: process.stdin, output: process.stdout } })
      return exitCodes.completed
  }
}

function table(found: Awaited<ReturnType<Sandboxes['list']>>): string[] {
  const rows = found.map(({ name, state, owner, createdAt, workspace }) => {
    return [name, state, `service ${owner}`, createdAt.toISOString().slice(0, 19), workspace]
  })
  const all = [['name', 'state', 'owner', 'created', 'workspace'], ...rows]
  const widths = all[0]?.map((_, column) => Math.max(...all.map((row) => row[column]?.length ?? 0))) ?? []
  return all.map((row) =>
    row
      .map((cell, column) => cell.padEnd(widths[column] ?? 0))
      .join('  ')
      .trimEnd(),
  )
}
