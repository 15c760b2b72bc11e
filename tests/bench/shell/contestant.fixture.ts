import type { Answer } from '../mcp/tool-server.js'
import { oneShot, type ShellContestant } from './contestants.js'

/** A server that speaks like the one-shot one and answers whatever a test wants. */
export function contestantThat(answer: (command: string) => Answer | Promise<Answer>): ShellContestant {
  return {
    ...oneShot,
    label: 'test',
    server: {
      name: 'test',
      version: '1',
      pid: process.pid,
      toolNames: async () => ['run'],
      toolListChars: async () => 0,
      call: async ({ args }) => answer(String(args.command)),
      close: async () => {},
    },
  }
}
