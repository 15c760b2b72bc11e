import { describe, expect, it } from 'vitest'
import { SandboxError } from '../sandbox.js'
import { defaultHosts } from './default-hosts.js'
import { decide, type EgressPolicy, parsePolicy } from './policy.js'
import { parseTarget } from './target.js'

const list = {
  mode: 'allow-list',
  hosts: [
    'example.com',
    '*.wild.example',
    'api.example:8443',
    '*.ports.example:9000',
    'BÜCHER.example.',
    '93.184.216.34',
    '[2606:4700::1111]:8080',
  ],
} satisfies EgressPolicy

function ask(policy: EgressPolicy, text: string) {
  const target = parseTarget(text)
  return target === undefined ? 'no target' : decide(parsePolicy(policy), target)
}

const allowed = { allowed: true, orPrivate: false }

describe('an allow-list has', () => {
  it.each([
    'example.com:443',
    'example.com:80',
    'EXAMPLE.COM:443',
    'example.com.:443',
    'a.wild.example:443',
    'a.b.c.wild.example:80',
    'api.example:8443',
    'deep.a.ports.example:9000',
    'bücher.example:443',
    'xn--bcher-kva.example:443',
    '93.184.216.34:443',
    '1572395042:443',
    '[2606:4700:0:0::1111]:8080',
  ])('%s', (target) => {
    expect(ask(list, target)).toEqual(allowed)
  })

  it.each([
    'evil.example:443',
    'example.com:22',
    'example.com:8080',
    'www.example.com:443',
    'example.com.evil.example:443',
    'notexample.com:443',
    'wild.example:443',
    'notwild.example:443',
    'api.example:443',
    'a.ports.example:443',
    '93.184.216.35:443',
    '[2606:4700::1112]:8080',
    '[2606:4700::1111]:443',
    'com:443',
  ])('not %s', (target) => {
    expect(ask(list, target)).toEqual({
      allowed: false,
      reason: expect.stringContaining("is not on the sandbox's list of hosts."),
    })
  })

  it.each(['127.0.0.1:80', '2130706433:80', '0x7f.1:80', '[::1]:80', '[::ffff:127.0.0.1]:80', '169.254.169.254:80'])(
    'never %s',
    (target) => {
      expect(ask(list, target)).toEqual({
        allowed: false,
        reason: expect.stringContaining('is not a public address.'),
      })
    },
  )

  it('reasons in ASCII, with the name as it was understood', () => {
    expect(ask(list, 'EVIL.example.:443')).toEqual({
      allowed: false,
      reason: "evil.example:443 is not on the sandbox's list of hosts.",
    })
    expect(ask(list, 'münchen.example:443')).toEqual({
      allowed: false,
      reason: "xn--mnchen-3ya.example:443 is not on the sandbox's list of hosts.",
    })
  })
})

describe('an entry may be', () => {
  it.each(['example.com', '*.example.com', 'example.com:1', '*.example.com:65535', 'localhost', '1.1.1.1', '2606::1'])(
    '%s',
    (entry) => {
      expect(() => parsePolicy({ mode: 'allow-list', hosts: [entry] })).not.toThrow()
    },
  )

  it.each([
    ['', 'is empty'],
    [' example.com', 'has a space in it'],
    ['exa mple.com', 'has a space in it'],
    ['example.com\n', 'has a space in it'],
    ['https://example.com', 'has a scheme'],
    ['example.com/path', 'has a path'],
    ['user@example.com', 'has a user name'],
    ['*', 'would be everything'],
    ['*:443', 'would be everything'],
    ['a.*.example.com', 'has a * that is not the whole of its beginning'],
    ['*example.com', 'has a * that is not the whole of its beginning'],
    ['*.*.example.com', 'has a * that is not the whole of its beginning'],
    ['example.*', 'has a * that is not the whole of its beginning'],
    ['example.com:', 'has a port'],
    ['example.com:0', 'has a port'],
    ['example.com:65536', 'has a port'],
    ['example.com:http', 'has a port'],
    ['example..com', 'is no name'],
    ['.example.com', 'is no name'],
    ['*.', 'is no name'],
    ['exa%6dple.com', 'is no name'],
    ['example.com?x', 'is no name'],
    [`${'a'.repeat(64)}.example`, 'is no name'],
    [`${'a.'.repeat(130)}example`, 'is no name'],
    ['[2606:4700::1111', 'is no name'],
    ['2606:4700::1111%eth0', 'is no name'],
    ['*.1.1.1.1', 'has a * before an address'],
    ['10.0.0.1', 'is an address that is not public'],
    ['127.1', 'is an address that is not public'],
    ['[::1]:80', 'is an address that is not public'],
  ])('never %j', (entry, problem) => {
    expect(() => parsePolicy({ mode: 'allow-list', hosts: ['example.com', entry] })).toThrow(SandboxError)
    expect(() => parsePolicy({ mode: 'allow-list', hosts: [entry] })).toThrow(
      `The entry "${entry}" in the list of hosts ${problem}`,
    )
  })
})

describe('an open sandbox', () => {
  const open = { mode: 'open' } as const
  it.each(['example.com:443', 'example.com:22', 'example.com:65535', '1.1.1.1:53', '[2606:4700::1111]:443'])(
    'reaches %s',
    (target) => {
      expect(ask(open, target)).toEqual(allowed)
    },
  )

  it('sends no mail', () => {
    expect(ask(open, 'mail.example:25')).toEqual({
      allowed: false,
      reason: 'mail.example:25 is closed: the sandbox sends no mail.',
    })
  })

  it.each(['127.0.0.1:80', '10.0.0.1:443', '[fd00::1]:443', '[::ffff:10.0.0.1]:443', '0:80'])(
    'never reaches %s',
    (target) => {
      expect(ask(open, target)).toMatchObject({ allowed: false })
    },
  )
})

it('without a network nothing is reached', () => {
  for (const target of ['example.com:443', '1.1.1.1:443', '127.0.0.1:80']) {
    expect(ask({ mode: 'none' }, target)).toMatchObject({
      allowed: false,
      reason: expect.stringContaining('no network'),
    })
  }
})

it.each([
  '',
  ':443',
  'example.com',
  'example.com:',
  'example.com:0',
  'example.com:65536',
  'example.com:443x',
  'example.com:-1',
  'exa mple.com:443',
  'example.com/:443',
  'user@example.com:443',
  'exa\r\nmple.com:443',
  'example.com\0:443',
  'example..com:443',
  '[example.com]:443',
  '[::1%eth0]:443',
  '[::1:443',
  '2606:4700::1111:443',
  `${'a'.repeat(64)}.example:443`,
  `${'a.'.repeat(127)}example:443`,
])('%j is no target', (text) => {
  expect(parseTarget(text)).toBeUndefined()
})

describe('the default list', () => {
  const policy = { mode: 'allow-list', hosts: defaultHosts } satisfies EgressPolicy

  it('has no entry twice and none that cannot be understood', () => {
    expect(new Set(defaultHosts).size).toBe(defaultHosts.length)
    expect(() => parsePolicy(policy)).not.toThrow()
  })

  it.each([
    'registry.npmjs.org',
    'files.pythonhosted.org',
    'static.crates.io',
    'raw.githubusercontent.com',
    'git.sr.ht',
  ])('has %s', (host) => {
    expect(ask(policy, `${host}:443`)).toEqual(allowed)
  })

  it.each(['gist.github.com.evil.example:443', 'evilgithub.com:443', 'github.com:25', 'example.com:443'])(
    'has not %s',
    (target) => {
      expect(ask(policy, target)).toMatchObject({ allowed: false })
    },
  )
})

describe('private hosts', () => {
  const privateHosts = ['registry.corp:8443', '10.1.2.3:443']
  const policies: EgressPolicy[] = [
    { mode: 'allow-list', hosts: [], privateHosts },
    { mode: 'open', privateHosts },
  ]

  it.each(policies)('are reached wherever they are, at their port alone: $mode', (policy) => {
    expect(ask(policy, 'registry.corp:8443')).toEqual({ allowed: true, orPrivate: true })
    expect(ask(policy, '10.1.2.3:443')).toEqual({ allowed: true, orPrivate: true })
    expect(ask(policy, '10.1.2.3:80')).toMatchObject({ allowed: false })
    expect(ask(policy, '10.1.2.4:443')).toMatchObject({ allowed: false })
    expect(ask(policy, 'registry.corp:443')).not.toMatchObject({ orPrivate: true })
  })

  it.each([
    ['registry.corp', 'has no port'],
    ['*.corp:443', 'has a *'],
    ['http://registry.corp:80', 'has a scheme'],
  ])('never %s', (entry, problem) => {
    expect(() => parsePolicy({ mode: 'open', privateHosts: [entry] })).toThrow(problem)
  })
})
