import { execFile } from 'node:child_process'
import { chmod, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { promisify } from 'node:util'
import { type Connection, connectStdio } from '@auroracoder/kit/client'
import Docker from 'dockerode'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import type { ServerName } from '../sandbox.js'
import { buildImage } from './build.js'
import { networkProgram, serverCommand, servers, stateDir, workspaceDir } from './layout.js'
import { type ImageOptions, imageDefaults } from './options.js'

const baseVariable = 'AURORACODER_SANDBOX_BASE'
const base = process.env[baseVariable] ?? ''
const docker = new Docker()
const missing = await missingBase()
const firstBuildTimeoutMs = 600_000
const agent = '1000:1000'

/** What the sandbox takes away, as far as it bears on the image. */
const hardening = [
  ...['--network', 'none'],
  '--read-only',
  ...['--cap-drop', 'ALL'],
  ...['--security-opt', 'no-new-privileges'],
  ...['--tmpfs', '/tmp:exec,mode=1777'],
  ...['--tmpfs', '/home/agent:exec,uid=1000,gid=1000'],
]

let tag: string
let workspace: string
beforeAll(async () => {
  workspace = await mkdtemp(join(tmpdir(), 'workspace-'))
  await chmod(workspace, 0o777)
  await writeFile(join(workspace, 'notes.txt'), 'one\nneedle\n')
  if (missing === undefined) tag = await buildImage({ docker, options: options() })
}, firstBuildTimeoutMs)
afterAll(() => rm(workspace, { recursive: true, force: true }))

beforeEach((context) => {
  if (missing !== undefined) context.skip(missing)
})

it('a second build has nothing to do', async () => {
  const lines: string[] = []
  const onProgress = (line: string) => void lines.push(line)
  expect(await buildImage({ docker, options: options(), onProgress })).toBe(tag)
  expect(lines.filter((line) => line.includes('Running in'))).toEqual([])
})

it('a base that does not exist is named', async () => {
  const building = buildImage({ docker, options: { ...options(), base: 'auroracoder.invalid/none:0' } })
  await expect(building).rejects.toThrow(/auroracoder\.invalid/)
})

describe.each(servers)('the %s server of the image', (name) => {
  it('has the version of its package', async () => {
    const manifest = JSON.parse(await readFile(manifestOf(name), 'utf8'))
    expect(await inside(...serverCommand(name), '--version')).toBe(`${manifest.version}\n`)
  })

  it('starts from its code cache', async () => {
    const file = serverCommand(name)[1]
    const isRejected = `console.log(require(${JSON.stringify(file)}).load("${name}").script.cachedDataRejected)`
    expect(await inside('node', '-e', isRejected)).toBe('false\n')
  })

  it('offers the tools that its bin offers', async () => {
    const bin = join(dirname(manifestOf(name)), 'bin', `auroracoder-${name}.js`)
    const state = await mkdtemp(join(tmpdir(), 'state-'))
    const args = [bin, '--root', workspace, '--state', state]
    const listTools = (server: Connection) => server.listTools()
    try {
      const expected = await connected({ command: process.execPath, args }, listTools)
      expect(await withServer(name, listTools)).toEqual(expected)
    } finally {
      await rm(state, { recursive: true })
    }
  })

  it('refuses the flags that its bin refuses', async () => {
    await expect(inside(...serverCommand(name), '--wrong')).rejects.toMatchObject({
      code: 2,
      stderr: expect.stringMatching(/Known flags: .*--root/),
    })
  })

  it('logs, which it loads on demand', async () => {
    const { stderr } = await promisify(execFile)('sh', [
      '-c',
      'docker "$@" </dev/null',
      'sh',
      ...runArguments([...serverCommand(name), '--log-level', 'info', '--state', '/tmp/state']),
    ])
    expect(stderr).toMatch(/"msg":"ending"/)
  })
})

it('ripgrep searches the workspace', async () => {
  expect(await call('files', 'grep_search', { pattern: 'needle' })).toMatch(/notes\.txt\n2:\tneedle/)
})

it('a command runs as the agent, in the workspace', async () => {
  expect(await call('shell', 'run_terminal_command', { command: 'id -un; pwd' })).toMatch(/^agent\n\/workspace\n/)
})

it('a command on a terminal has one', async () => {
  expect(await call('shell', 'run_terminal_command', { command: 'test -t 0 && echo yes', tty: true })).toMatch(/^yes\n/)
})

describe('the image', () => {
  it('has the programs that an agent looks for', async () => {
    const programs = [
      'git',
      'rg',
      'node',
      'npm',
      'pip',
      'gcc',
      'make',
      'curl',
      'jq',
      'patch',
      'unzip',
      'ssh',
      'ps',
      'less',
    ]
    await inside('sh', '-ec', 'for each; do command -v "$each"; done', 'sh', ...programs)
  })

  it('draws with matplotlib, and makes virtual environments', async () => {
    const draw = 'import tkinter, matplotlib.pyplot as p; p.plot([1, 2]); p.savefig("/tmp/plot.png")'
    await inside('python3', '-c', draw)
    await inside('python3', '-m', 'venv', '/tmp/venv')
  })

  it('has no file that gives more rights than its caller has', async () => {
    expect(await inside('sh', '-c', 'find / -xdev -type f -perm /6000 2>/dev/null; true')).toBe('')
  })

  it('has no file of ours that the agent can write', async () => {
    expect(
      await inside('find', '/opt/auroracoder', '!', '-type', 'l', '(', '-writable', '-o', '!', '-uid', '0', ')'),
    ).toBe('')
  })

  it('has nothing left of what it was made with', async () => {
    const leftovers = ['/build', '/root/.npm', '/home/agent/.npm', '/tmp/packages']
    const left = 'for each; do [ ! -e "$each" ] || echo "$each"; done; find /var/lib/apt/lists -type f'
    expect(await inside('sh', '-c', left, 'sh', ...leftovers)).toBe('')
  })

  it('has its folders and programs where the layout says', async () => {
    const stats = await inside(
      'stat',
      '-c',
      '%n %a %U',
      stateDir,
      workspaceDir,
      '/home/agent',
      networkProgram('egress')[0],
    )
    expect(stats.split('\n')).toEqual([
      `${stateDir} 1777 root`,
      `${workspaceDir} 755 agent`,
      '/home/agent 755 agent',
      '/opt/auroracoder/node 777 root',
      '',
    ])
    await inside('test', '-d', dirname(networkProgram('egress')[1] ?? ''))
  })

  it('names the proxies to the programs inside', async () => {
    const env = (await inside('env')).split('\n')
    expect(env).toEqual(
      expect.arrayContaining([
        'https_proxy=http://127.0.0.1:3128',
        'ALL_PROXY=socks5h://127.0.0.1:1080',
        'LANG=C.UTF-8',
      ]),
    )
  })

  it('has the web server’s user, who is another', async () => {
    expect(await inside('id', '-u', 'web')).toBe('1001\n')
  })
})

function options(): ImageOptions {
  const caFile = process.env.NODE_EXTRA_CA_CERTS
  return { ...imageDefaults, base, ...(caFile ? { caFile } : {}) }
}

async function missingBase(): Promise<string | undefined> {
  if (!base) return `${baseVariable} names no image; .ci/run makes one where it can install Docker`
  try {
    await docker.getImage(base).inspect()
    return undefined
  } catch {
    return `Docker does not answer, or has no image ${base}`
  }
}

function manifestOf(name: ServerName): string {
  return createRequire(import.meta.url).resolve(`@auroracoder/${name}/package.json`)
}

function runArguments(command: readonly string[], mounts: readonly string[] = []): string[] {
  return ['run', '--rm', '-i', ...hardening, ...mounts, '--user', agent, tag, ...command]
}

async function inside(...command: readonly string[]): Promise<string> {
  return (await promisify(execFile)('docker', runArguments(command))).stdout
}

function withServer<T>(name: ServerName, use: (server: Connection) => Promise<T>): Promise<T> {
  const command = [...serverCommand(name), '--root', workspaceDir, '--state', '/tmp/state']
  return connected({ command: 'docker', args: runArguments(command, ['-v', `${workspace}:${workspaceDir}`]) }, use)
}

async function connected<T>(
  command: { command: string; args: string[] },
  use: (server: Connection) => Promise<T>,
): Promise<T> {
  const server = await connectStdio(command, { clientInfo: { name: 'test', version: '0' }, revision: '2026-07-28' })
  try {
    return await use(server)
  } finally {
    await server.close()
  }
}

async function call(server: ServerName, tool: string, args: Record<string, unknown>): Promise<string> {
  const signal = AbortSignal.timeout(30_000)
  const result = await withServer(server, (connection) => connection.callTool({ name: tool, args, signal }))
  return result.text
}
