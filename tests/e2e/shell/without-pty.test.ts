import { cpSync, existsSync, mkdirSync, mkdtempSync, readdirSync, realpathSync, rmSync, symlinkSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { expect, it, onTestFinished } from 'vitest'
import { shellBin, startShellServer } from './shell-server.js'

const modules = fileURLToPath(new URL('../../../node_modules', import.meta.url))

it('a server whose node-pty is missing runs commands, and says what to install for a terminal', async () => {
  const shell = await startShellServer({ bin: installedWithout('node-pty') })
  const answer = await shell.run('A=1; echo "A is $A"')
  expect(answer.text).toContain('A is 1')
  expect(answer.text).toMatch(/node-pty could not be loaded.*npm install node-pty@npm:@lydell\/node-pty/)
  expect((await shell.run('echo "still $A"')).text).toContain('still 1')
  const refused = await shell.run('vim', { tty: true })
  expect(refused.ok).toBe(false)
  expect(refused.text).toContain('needs node-pty')
})

it('a server whose @xterm/headless is missing has terminals without a screen', async () => {
  const shell = await startShellServer({ bin: installedWithout('@xterm') })
  const started = await shell.run('[[ -t 1 ]] && echo "on a terminal"', { tty: true })
  expect(started.text).toContain('on a terminal')
  const refused = await shell.call('terminal_screen', { command_id: started.facts.command_id })
  expect(refused.text).toContain('@xterm/headless')
})

/** The bin of a shell server as npm would have laid it, but for one of the packages that it needs. */
function installedWithout(absent: string): string {
  const folder = realpathSync(mkdtempSync(join(tmpdir(), 'auroracoder-without-')))
  onTestFinished(() => rmSync(folder, { recursive: true }))
  const laid = join(folder, 'node_modules')
  mkdirSync(join(laid, '@auroracoder'), { recursive: true })
  for (const name of readdirSync(modules)) {
    if (name !== '@auroracoder' && name !== absent && !name.startsWith('.'))
      symlinkSync(join(modules, name), join(laid, name))
  }
  for (const name of ['kit', 'shell']) {
    const source = join(dirname(dirname(shellBin)), '..', name)
    for (const part of ['bin', 'bundle', 'package.json'].filter((name) => existsSync(join(source, name)))) {
      cpSync(join(source, part), join(laid, '@auroracoder', name, part), {
        recursive: true,
        errorOnExist: false,
        force: true,
      })
    }
  }
  return join(laid, '@auroracoder', 'shell', 'bin', 'auroracoder-shell.js')
}
