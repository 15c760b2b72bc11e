import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { startShellServer } from './shell-server.js'

const source = (greeting: string): string => `
  const server = require('node:http').createServer((_, answer) => answer.end('${greeting}'))
  server.listen(0, '127.0.0.1', () => console.log('${greeting} on port ' + server.address().port))
`

const fetching = `node -e 'fetch(process.argv[1]).then((answer) => answer.text()).then(console.log)'`

it('a dev server is started in the background, found by its port, and reloads what is edited', async () => {
  const shell = await startShellServer()
  const app = join(shell.folder, 'app.cjs')
  await writeFile(app, source('hello'))

  const started = await shell.run('node --watch app.cjs', { background: true })
  expect(started.facts.status).toBe('running')
  const log = String(started.facts.log)

  /** The port that the server says it listens on, once it does, with what it greets with. */
  const portOf = async (greeting: string): Promise<string> => {
    for (let cursor = 0; ; ) {
      const read = await shell.call('read_terminal', { command_id: started.facts.command_id, cursor, wait_ms: 100 })
      const [, port] = new RegExp(`^${greeting} on port (\\d+)$`, 'm').exec(read.text) ?? []
      if (port !== undefined) return port
      expect(read.facts.status).toBe('running')
    }
  }
  const get = async (port: string): Promise<string> => (await shell.run(`${fetching} http://127.0.0.1:${port}`)).text

  const port = await portOf('hello')
  expect(await readFile(log, 'utf8')).toContain(`hello on port ${port}`)
  const list = await shell.call('list_terminals')
  expect(list.text).toMatch(new RegExp(`ports=.*\\b${port}\\b`))
  expect(await get(port)).toMatch(/^hello\n/)

  await shell.run(`sed -i s/hello/goodbye/g app.cjs`)
  const next = await portOf('goodbye')
  expect(await get(next)).toMatch(/^goodbye\n/)
  expect((await shell.call('list_terminals')).text).toContain(next)

  const ended = await shell.call('signal_terminal', { command_id: started.facts.command_id, signal: 'TERM' })
  expect(ended.facts.status).toBe('killed')
  expect((await shell.call('list_terminals')).text).not.toContain(`ports=${next}`)
})
