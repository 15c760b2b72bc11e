import type { Tool } from '@auroracoder/kit'
import { createTurns } from './shell/turns.js'
import type { ToolContext } from './tools/context.js'
import { listTerminals } from './tools/list-terminals.js'
import { readTerminal } from './tools/read-terminal.js'
import { resetTerminal } from './tools/reset-terminal.js'
import { runTerminalCommand } from './tools/run-terminal-command.js'
import { signalTerminal } from './tools/signal-terminal.js'
import { terminalScreen } from './tools/terminal-screen.js'
import { writeTerminal } from './tools/write-terminal.js'

/** Every tool of this server, in the order of `tools/list`. */
export function shellTools(parts: Omit<ToolContext, 'turns'>): Tool[] {
  const context = { ...parts, turns: createTurns() }
  const family = [
    runTerminalCommand,
    readTerminal,
    writeTerminal,
    signalTerminal,
    listTerminals,
    resetTerminal,
    terminalScreen,
  ]
  return family.map((tool) => tool(context))
}
