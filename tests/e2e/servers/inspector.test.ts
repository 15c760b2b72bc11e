import { execFile } from 'node:child_process'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { delimiter, join } from 'node:path'
import { promisify } from 'node:util'
import { describe, expect, it, onTestFinished } from 'vitest'
import { missingPrograms, programFolder } from '../../programs.js'
import { type ServerUnderTest, servers, type ToolCall } from './servers.js'

const missing = missingPrograms('mcp-inspector')

describe.each(servers)('the MCP inspector at the $name server', { timeout: 60_000 }, (server) => {
  it('lists its tools', async (context) => {
    if (missing) context.skip(missing)
    const { tools } = await inspect(server, ['--method', 'tools/list'])
    expect(tools).toContainEqual(expect.objectContaining({ name: server.quick.name }))
  })

  it('calls a tool', async (context) => {
    if (missing) context.skip(missing)
    const { content, isError } = await inspect(server, callArguments(server.quick))
    expect(content).toEqual([expect.objectContaining({ type: 'text' })])
    expect(isError).not.toBe(true)
  })
})

function callArguments({ name, arguments: given }: ToolCall): string[] {
  const pairs = Object.entries(given).flatMap(([key, value]) => ['--tool-arg', `${key}=${value}`])
  return ['--method', 'tools/call', '--tool-name', name, ...pairs]
}

async function inspect({ bin }: ServerUnderTest, args: readonly string[]): Promise<Record<string, unknown>> {
  const folder = await mkdtemp(join(tmpdir(), 'auroracoder-inspector-'))
  onTestFinished(() => rm(folder, { recursive: true }))
  // It starts itself by the name `node`.
  const env = {
    PATH: [programFolder, process.env.PATH].join(delimiter),
    HOME: folder,
  }
  const flags = ['--cli', process.execPath, bin, '--root', folder, '--state', join(folder, 'state')]
  const { stdout } = await promisify(execFile)(join(programFolder, 'mcp-inspector'), [...flags, ...args], { env })
  return JSON.parse(stdout)
}
