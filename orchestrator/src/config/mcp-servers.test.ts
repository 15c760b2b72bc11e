// biome-ignore-all lint/suspicious/noTemplateCurlyInString: the placeholders are what is tested
import { expect, test } from 'vitest'
import { readMcpServers } from './mcp-servers.js'

const sources = { env: { TOKEN: 'secret', EMPTY: '' }, cwd: '/base' }
const read = (server: Record<string, unknown>) => readMcpServers({ key: server }, sources).key

test('a program is taken as Claude Desktop writes it', () => {
  expect(read({ command: 'npx', args: ['-y', 'server'] })).toEqual({ command: 'npx', args: ['-y', 'server'], env: {} })
  expect(read({ type: 'stdio', command: 'x', cwd: 'sub' })).toMatchObject({ cwd: '/base/sub' })
})

test('variables are put into arguments, environment and headers', () => {
  const args = ['--token=${TOKEN}', '${NONE:-default}', '${EMPTY:-default}', '${EMPTY}', '$TOKEN', '${NONE:-}']
  expect(read({ command: 'x', args, env: { A: 'x-${TOKEN}-${TOKEN}' } })).toMatchObject({
    args: ['--token=secret', 'default', 'default', '', '$TOKEN', ''],
    env: { A: 'x-secret-secret' },
  })
  const headers = { Authorization: 'Bearer ${TOKEN}' }
  expect(read({ type: 'http', url: 'https://x.test/mcp', headers })).toMatchObject({
    headers: { Authorization: 'Bearer secret' },
  })
})

test('what is put in is not looked at again', () => {
  const env = { A: '${B}', B: 'no' }
  expect(readMcpServers({ key: { command: 'x', args: ['${A}'] } }, { env, cwd: '/' }).key).toMatchObject({
    args: ['${B}'],
  })
})

test('a server that is disabled is left out', () => {
  expect(read({ command: 'x', disabled: true })).toBeUndefined()
})

test.each([
  ['a variable that is not set', { command: 'x', env: { A: '${NONE}' } }, /mcpServers\.key\.env\.A needs .* NONE.*:-/],
  ['a field that nobody knows', { command: 'x', arguments: [] }, /mcpServers\.key: .*"arguments"/],
  ['a field of the wrong type', { command: 'x', args: 'y' }, /mcpServers\.key: args: .*array/],
  ['neither a program nor a URL', {}, /mcpServers\.key: command: .*Expected/],
  ['a URL that is none', { url: 'not a url' }, /mcpServers\.key: url/],
  ['a URL of another kind', { url: 'file:///etc/passwd' }, /mcpServers\.key: url/],
  ['the old transport', { type: 'sse', url: 'https://x.test/sse' }, /Streamable HTTP/],
])('%s is refused with the place', (_, server, message) => {
  expect(() => read(server)).toThrow(message)
})

test('more servers than anybody can mean are refused', () => {
  const many = Object.fromEntries(Array.from({ length: 33 }, (_, at) => [`s${at}`, { command: 'x' }]))
  expect(() => readMcpServers(many, sources)).toThrow(/33 servers, more than 32/)
})
