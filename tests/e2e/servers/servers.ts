import { existsSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

export interface ToolCall {
  name: string
  arguments: Record<string, unknown>
}

/** One server that every test of this folder is run against. */
export interface ServerUnderTest {
  name: string
  bin: string
  /** A call that is answered at once and changes nothing. */
  quick: ToolCall
  /** A call with an argument of the wrong type. */
  invalid: ToolCall
  /** A call that goes on for a minute at least; absent where no tool can. */
  slow?: ToolCall
  /** A call whose tool prints to stdout. */
  printing?: ToolCall
}

const samples: Readonly<Record<string, Omit<ServerUnderTest, 'name' | 'bin'>>> = {
  echo: {
    quick: { name: 'echo', arguments: { text: 'hello' } },
    invalid: { name: 'echo', arguments: { text: {} } },
    slow: { name: 'wait', arguments: { ms: 600_000 } },
    printing: { name: 'fail', arguments: { how: 'expected' } },
  },
  files: {
    quick: { name: 'list_directory', arguments: { path: '.' } },
    invalid: { name: 'list_directory', arguments: { path: '.', depth: {} } },
  },
  shell: {
    quick: { name: 'list_terminals', arguments: {} },
    invalid: { name: 'run_terminal_command', arguments: { command: {} } },
    slow: { name: 'run_terminal_command', arguments: { command: 'sleep 600', yield_ms: 50_000 } },
    printing: { name: 'run_terminal_command', arguments: { command: 'echo printed; echo printed >&2' } },
  },
}

const checkout = fileURLToPath(new URL('../../../', import.meta.url))
const fixture = join(checkout, 'tests/fixtures/echo-server.js')

/** The servers of the product whose bin is there, found by their folders. */
export const productServers: readonly ServerUnderTest[] = readdirSync(join(checkout, 'servers'))
  .map((name) => ({ name, bin: join(checkout, 'servers', name, 'bin', `auroracoder-${name}.js`) }))
  .filter(({ bin }) => existsSync(bin))
  .map((found) => ({ ...found, ...sampleOf(found.name) }))

/** With one that is built of the kit and nothing else. */
export const servers: readonly ServerUnderTest[] = [
  { name: 'echo', bin: fixture, ...sampleOf('echo') },
  ...productServers,
]

export const serversWithSlowCall = servers.flatMap((server) => (server.slow ? [{ ...server, slow: server.slow }] : []))

function sampleOf(name: string): Omit<ServerUnderTest, 'name' | 'bin'> {
  const sample = samples[name]
  if (!sample) throw new Error(`servers/${name} has a bin but no sample calls here: add them.`)
  return sample
}
