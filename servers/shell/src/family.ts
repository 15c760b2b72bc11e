import type { Tool } from '@auroracoder/kit'
import { createTurns } from './shell/turns.js'
import type { ToolContext } from './tools/context.js'
import { readTerminal } from './tools/read-terminal.js'
import { runTerminalCommand } from './tools/run-terminal-command.js'

/** Every tool of this server, in the order of `tools/list`. */
export function shellTools(parts: Omit<ToolContext, 'turns'>): Tool[] {
  const context = { ...parts, turns: createTurns() }
  return [runTerminalCommand, readTerminal].map((tool) => tool(context))
}
