import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { configFileName, loadConfig } from './config.js'

let cwd: string

beforeEach(async () => {
  cwd = await mkdtemp(join(tmpdir(), 'auroracoder-config-'))
})
afterEach(() => rm(cwd, { recursive: true }))

const file = (text: string) => writeFile(join(cwd, configFileName), text)

describe('the configuration', () => {
  it('listens on loopback and keeps data in the XDG directory by default', () => {
    const config = loadConfig({ flags: {}, env: { XDG_DATA_HOME: '/data' }, cwd })
    expect(config).toEqual({
      host: '127.0.0.1',
      port: 8080,
      sandbox: 'auto',
      container: {},
      model: undefined,
      livingState: 'auto',
      approvals: { rules: [], default: 'auto' },
      mcpServers: {},
      toolServers: ['files', 'shell'],
      instance: 'default',
      trace: false,
      dataDir: '/data/auroracoder',
      fixed: {},
      configured: { where: join(cwd, configFileName), providers: [] },
    })
  })

  it('takes flags before the environment before the file', async () => {
    await file('{"port": 1, "host": "::1", "model": "from-file"}')
    const env = { AURORACODER_PORT: '2', AURORACODER_MODEL: 'from-env', HOME: '/home/me' }
    const config = loadConfig({ flags: { port: 3 }, env, cwd })
    expect(config).toMatchObject({ port: 3, model: 'from-env', host: '::1' })
  })

  it.each([
    ['files', ['files']],
    ['shell, files', ['shell', 'files']],
    ['none', []],
    ['', ['files', 'shell']],
  ])('reads AURORACODER_TOOL_SERVERS=%j', (text, toolServers) => {
    expect(loadConfig({ flags: {}, env: { AURORACODER_TOOL_SERVERS: text }, cwd })).toMatchObject({ toolServers })
  })

  it('refuses a tool server that there is not', () => {
    const env = { AURORACODER_TOOL_SERVERS: 'files,vm' }
    expect(() => loadConfig({ flags: {}, env, cwd })).toThrow(/toolServers\.1.*"files"/)
  })

  it('resolves a relative data directory from where it was started', () => {
    expect(loadConfig({ flags: { dataDir: 'data' }, env: {}, cwd }).dataDir).toBe(join(cwd, 'data'))
  })

  it('reports unknown keys of the file and lists the known ones', async () => {
    await file('{"prot": 8081}')
    expect(() => loadConfig({ flags: {}, env: {}, cwd })).toThrow(/"prot".*Known settings: host, port/s)
  })

  it('says where a file is not JSON', async () => {
    await file('{port: 1}')
    expect(() => loadConfig({ flags: {}, env: {}, cwd })).toThrow(
      /auroracoder\.config\.json is not valid JSON: .*position/s,
    )
  })

  it.each([
    ['a port that is no number', { AURORACODER_PORT: 'eighty' }, /port: .*NaN/],
    ['a port out of range', { AURORACODER_PORT: '70000' }, /port: .*65535/],
    ['an unknown way to keep views true', { AURORACODER_LIVING_STATE: 'never' }, /livingState: .*"refresh"/],
    ['thinking that is neither on nor off', { AURORACODER_THINKING: 'maybe' }, /thinking: .*boolean/],
    ['an unknown sandbox', { AURORACODER_SANDBOX: 'vm' }, /sandbox: .*"docker"/],
  ])('refuses %s from the environment', (_, env, message) => {
    expect(() => loadConfig({ flags: {}, env, cwd })).toThrow(message)
  })

  it('says which source fixes a setting', async () => {
    await file('{"model": "from-file", "thinking": true, "limits": {"iterations": 5}}')
    const { fixed } = loadConfig({ flags: {}, env: { AURORACODER_MODEL: 'm', AURORACODER_THINKING: 'off' }, cwd })
    expect(fixed).toEqual({
      model: { value: 'm', from: 'environment' },
      thinking: { value: false, from: 'environment' },
      limits: { value: { iterations: 5 }, from: 'file' },
    })
  })

  it('refuses a port out of range from the command line', () => {
    expect(() => loadConfig({ flags: { port: -1 }, env: {}, cwd })).toThrow(/the command line.*port/)
  })

  it('takes empty variables for absent ones', () => {
    expect(loadConfig({ flags: {}, env: { AURORACODER_PORT: '', AURORACODER_HOST: '' }, cwd }).port).toBe(8080)
  })
})
