import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import { z } from 'zod'
import { runBin } from './run-bin.js'
import { type ServerUnderTest, servers } from './servers.js'
import { startStdioServer } from './stdio-server.js'

const folder = await mkdtemp(join(tmpdir(), 'auroracoder-flags-'))
const state = ['--state', join(folder, 'state')]
afterAll(() => rm(folder, { recursive: true }))

const toolsSchema = z.object({
  tools: z.array(z.object({ name: z.string(), annotations: z.object({ readOnlyHint: z.boolean() }) })),
})

describe.each(servers)('auroracoder-$name', (server) => {
  const { name, bin, quick } = server
  const variable = (flag: string) => `AURORACODER_${name.toUpperCase()}_${flag}`

  it('--version prints the version alone', async () => {
    expect(await runBin({ bin, args: ['--version'] })).toEqual({
      exitCode: 0,
      stdout: expect.stringMatching(/^\d+\.\d+\.\d+\n$/),
      stderr: '',
    })
  })

  it('--help names every flag and says what it is for', async () => {
    const { exitCode, stdout, stderr } = await runBin({ bin, args: ['--help'] })
    expect({ exitCode, stderr }).toEqual({ exitCode: 0, stderr: '' })
    for (const flag of [
      'root',
      'state',
      'tools',
      'exclude-tools',
      'read-only',
      'max-output',
      'http',
      'token',
      'log-level',
    ]) {
      expect(stdout).toMatch(new RegExp(`^ +--${flag}( VALUE)? +\\S`, 'm'))
    }
    expect(stdout).toContain(variable('ROOT'))
  })

  it.each([
    ['an unknown flag', ['--rooot', '/'], /--rooot.*Known flags:.*--root/],
    ['a flag without its value', ['--root'], /--root/],
    ['an argument that is no flag', ['/tmp'], /\/tmp/],
    ['a tool that does not exist', ['--tools', 'no_such_tool'], /no_such_tool.*Tools: \w+/],
    ['a tool to leave out that does not exist', ['--exclude-tools', 'no_such_tool'], /no_such_tool.*Tools: \w+/],
    ['an output limit that is no number', ['--max-output', 'much'], /--max-output.*"much"/],
    ['an output limit that leaves no room', ['--max-output', '10'], /--max-output.*at least \d+.*"10"/],
    ['a log level that does not exist', ['--log-level', 'loud'], /--log-level.*warn.*"loud"/],
    ['a port that does not exist', ['--http', '70000'], /--http.*65535.*"70000"/],
    ['an address without a port', ['--http', 'localhost'], /--http.*"localhost"/],
    ['a root that does not exist', ['--root', '/does/not/exist'], /"\/does\/not\/exist"/],
  ])('refuses %s with one clear sentence and 2', async (_, args, message) => {
    const { exitCode, stdout, stderr } = await runBin({ bin, args: [...state, ...args] })
    expect(stderr).toMatch(message)
    expect(stderr).toMatch(new RegExp(`^auroracoder-${name}: [^\\n]+\\n$`))
    expect(stdout).toBe('')
    expect(exitCode).toBe(2)
  })

  it('refuses what the environment says as it refuses the flag', async () => {
    const { exitCode, stderr } = await runBin({ bin, args: state, env: { [variable('LOG_LEVEL')]: 'loud' } })
    expect(stderr).toContain('"loud"')
    expect(exitCode).toBe(2)
  })

  it('offers only the tools that --tools names', async () => {
    expect(await toolNames(server, ['--tools', quick.name])).toEqual([quick.name])
  })

  it('takes a flag from the environment, and the command line before it', async () => {
    const env = { [variable('TOOLS')]: 'no_such_tool' }
    expect(await toolNames(server, ['--tools', quick.name], env)).toEqual([quick.name])
    expect(await toolNames(server, [], { [variable('TOOLS')]: ` ${quick.name} ` })).toEqual([quick.name])
  })

  it('leaves out the tools that --exclude-tools names, and does not run them', async () => {
    const all = await toolNames(server, [])
    expect(all).toContain(quick.name)
    expect(await toolNames(server, ['--exclude-tools', quick.name])).toEqual(all.filter((each) => each !== quick.name))
    const running = await startStdioServer({ bin, args: ['--exclude-tools', quick.name] })
    await running.initialize()
    expect((await running.request('tools/call', quick)).result).toMatchObject({ isError: true })
  })

  it('--read-only offers the tools that change nothing, and no other', async () => {
    const all = await listTools(server, [])
    const reading = all.filter(({ annotations }) => annotations.readOnlyHint).map(({ name: tool }) => tool)
    expect(reading.length).toBeGreaterThan(0)
    expect(reading.length).toBeLessThan(all.length)
    expect(await toolNames(server, ['--read-only'])).toEqual(reading)
  })
})

async function toolNames(server: ServerUnderTest, args: readonly string[], env?: Record<string, string>) {
  return (await listTools(server, args, env)).map(({ name }) => name)
}

async function listTools({ bin }: ServerUnderTest, args: readonly string[], env: Record<string, string> = {}) {
  const server = await startStdioServer({ bin, args, env: { PATH: process.env.PATH ?? '', ...env } })
  await server.initialize()
  const { result } = await server.request('tools/list')
  return toolsSchema.parse(result).tools
}
