import { describe, expect, it, vi } from 'vitest'
import { Failure } from '../failure.js'
import type { ServerDefinition } from './definition.js'
import { helpText, readSettings } from './flags.js'

const definition: ServerDefinition = {
  name: 'peek',
  title: 'Peek server',
  version: '1.2.3',
  instructions: 'Peek.',
  flags: {
    depth: { type: 'string', description: 'how deep to look' },
    'follow-links': { type: 'boolean', description: 'look through symlinks' },
  },
  create: async () => ({ tools: [], close: async () => {} }),
}

function read(argv: readonly string[], env: Record<string, string> = {}) {
  return readSettings(definition, argv, { HOME: '/home/ada', ...env })
}

describe('settings', () => {
  it('have defaults', () => {
    expect(read([])).toEqual({
      roots: [process.cwd()],
      stateDir: '/home/ada/.local/share/auroracoder/state/peek',
      tools: undefined,
      excludeTools: [],
      readOnly: false,
      outputCharsMax: undefined,
      http: undefined,
      token: undefined,
      logLevel: 'warn',
      show: undefined,
      flags: { depth: undefined, 'follow-links': false },
    })
  })

  it('come from flags', () => {
    const given = [
      ['--root', '/a', '--root=/b', '--state', '/s', '--tools', 'one, two', '--exclude-tools=three', '--read-only'],
      [
        '--max-output',
        '5000',
        '--http',
        '8080',
        '--token',
        't',
        '--log-level',
        'debug',
        '--depth',
        '3',
        '--follow-links',
      ],
    ]
    expect(read(given.flat())).toEqual({
      roots: ['/a', '/b'],
      stateDir: '/s',
      tools: ['one', 'two'],
      excludeTools: ['three'],
      readOnly: true,
      outputCharsMax: 5_000,
      http: { host: '127.0.0.1', port: 8_080 },
      token: 't',
      logLevel: 'debug',
      show: undefined,
      flags: { depth: '3', 'follow-links': true },
    })
  })

  it('come from the environment, twin by twin, and flags win', () => {
    const env = {
      AURORACODER_PEEK_ROOT: '/a:/b',
      AURORACODER_PEEK_EXCLUDE_TOOLS: 'one',
      AURORACODER_PEEK_READ_ONLY: '1',
      AURORACODER_PEEK_MAX_OUTPUT: '600',
      AURORACODER_PEEK_FOLLOW_LINKS: 'true',
      AURORACODER_PEEK_DEPTH: '2',
    }
    expect(read([], env)).toMatchObject({
      roots: ['/a', '/b'],
      excludeTools: ['one'],
      readOnly: true,
      outputCharsMax: 600,
      flags: { depth: '2', 'follow-links': true },
    })
    expect(read(['--root', '/c', '--max-output', '700', '--depth', '9'], env)).toMatchObject({
      roots: ['/c'],
      outputCharsMax: 700,
      flags: { depth: '9' },
    })
  })

  it.each(['', '0', 'false', 'no', 'False'])('take %j in the environment for "off"', (value) => {
    expect(read([], { AURORACODER_PEEK_READ_ONLY: value }).readOnly).toBe(false)
  })

  it('take an empty variable for none', () => {
    const env = { AURORACODER_PEEK_ROOT: '', AURORACODER_PEEK_TOKEN: '', AURORACODER_PEEK_TOOLS: '' }
    expect(read([], env)).toEqual(read([]))
  })

  it.each([
    [{ AURORACODER_DATA_DIR: '/data', XDG_DATA_HOME: '/xdg' }, '/data/state/peek'],
    [{ XDG_DATA_HOME: '/xdg' }, '/xdg/auroracoder/state/peek'],
  ])('keep state as %j says', (env, stateDir) => {
    expect(read([], env).stateDir).toBe(stateDir)
  })

  it.each([
    ['0', { host: '127.0.0.1', port: 0 }],
    ['65535', { host: '127.0.0.1', port: 65_535 }],
    ['localhost:80', { host: 'localhost', port: 80 }],
    ['0.0.0.0:80', { host: '0.0.0.0', port: 80 }],
    ['[::1]:80', { host: '::1', port: 80 }],
    ['::1:80', { host: '::1', port: 80 }],
  ])('read the address %s', (text, address) => {
    expect(read(['--http', text]).http).toEqual(address)
  })
})

describe('settings that cannot work', () => {
  it.each([
    [['--rooot', '/a'], /--rooot.*Known flags:.*--root .*--depth/],
    [['--root'], /--root/],
    [['/a'], /\/a/],
    [['-r', '/a'], /-r/],
    [['--read-only=yes'], /--read-only/],
    [['--root', ''], /--root expects a value/],
    [['--token', ''], /--token expects a value/],
    [['--tools='], /--tools expects a value/],
    [['--max-output', '499'], /at least 500.*"499"/],
    [['--max-output', '1.5'], /"1.5"/],
    [['--max-output', 'all'], /"all"/],
    [['--http', '65536'], /"65536"/],
    [['--http', '-1'], /--http/],
    [['--http', 'host'], /"host"/],
    [['--http', ':80'], /":80"/],
    [['--http', 'http://localhost:80/x'], /"http:\/\/localhost:80\/x"/],
    [['--log-level', 'WARN'], /silent, error, warn, info, debug, found "WARN"/],
  ])('%j are refused, and the message says which', (argv, message) => {
    expect(() => read(argv)).toThrow(Failure)
    expect(() => read(argv)).toThrow(message)
  })

  it('leave no place for state to a user whom the system does not know', (context) => {
    const { geteuid, seteuid } = process
    if (geteuid?.() !== 0) context.skip('only root can become a user whom the system does not know')
    // Node's own look-up reads the real environment.
    vi.stubEnv('HOME', undefined)
    seteuid?.(54_321)
    try {
      expect(() => readSettings(definition, [], {})).toThrow('Give --state DIR, or set HOME.')
      expect(readSettings(definition, ['--state', '/s'], {}).stateDir).toBe('/s')
      expect(readSettings(definition, [], { AURORACODER_DATA_DIR: '/d' }).stateDir).toBe('/d/state/peek')
    } finally {
      seteuid?.(0)
      vi.unstubAllEnvs()
    }
  })

  it('are refused from the environment as well', () => {
    expect(() => read([], { AURORACODER_PEEK_HTTP: 'x' })).toThrow(/"x"/)
  })
})

describe('what is shown instead of serving', () => {
  it('is the version before the help', () => {
    expect(read(['--version']).show).toBe('version')
    expect(read(['--help']).show).toBe('help')
    expect(read(['--help', '--version']).show).toBe('version')
  })

  it('is a help that names the server’s own flags too', () => {
    const text = helpText(definition)
    expect(text).toMatch(/^ {2}--depth VALUE +how deep to look$/m)
    expect(text).toMatch(/^ {2}--follow-links +look through symlinks$/m)
    expect(text).toContain('auroracoder-peek 1.2.3: Peek server')
  })
})
