import { spawn } from 'node:child_process'
import { mkdir, mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { createScriptedModel, type ScriptedModel } from '@auroracoder/orchestrator/scripted-model'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { codeOf, tableRows } from '../../readme-parts.js'
import { processesNaming, runBin, type Service, startService } from './service.js'

const checkout = new URL('../../../', import.meta.url)
const readme = await readFile(new URL('README.md', checkout), 'utf8')
const ownReadme = await readFile(new URL('orchestrator/README.md', checkout), 'utf8')

let home: string
let model: ScriptedModel
let service: Service

beforeEach(async () => {
  home = await mkdtemp(join(tmpdir(), 'auroracoder-readme-'))
  model = await createScriptedModel({
    script: {
      steps: [
        {
          reply: {
            calls: [{ name: 'write_file', arguments: { path: 'haiku.txt', content: 'An old silent pond\n' } }],
          },
        },
        { reply: { text: 'It is written.' } },
        { reply: { text: 'Rain on the roof, '.repeat(200) } },
      ],
    },
    delayMs: 5,
  })
  const dataDir = join(home, '.local', 'share', 'auroracoder')
  await mkdir(dataDir, { recursive: true })
  // As it is for somebody who has set nothing.
  service = await startService({ dataDir, modelUrl: model.url, env: { AURORACODER_APPROVALS: 'auto' } })
})
afterEach(async () => {
  await service.stop()
  await model.close()
  expect(await processesNaming(home)).toEqual([])
  await rm(home, { recursive: true })
})

describe('the README', { timeout: 60_000 }, () => {
  it('has a first run that works as it is written', async () => {
    const script = codeOf(readme, 'first run')
    expect(script.split('\n').filter((line) => /^(URL|ID|api)/.test(line)).length).toBeLessThanOrEqual(10)
    const { stdout, stderr } = await runText('bash', ['-c', here(script)])
    // That the stream is left after two seconds is what curl has to say.
    expect(stderr.trim()).toMatch(/^curl: \(28\)[^\n]*$/)
    expect(stdout).not.toContain('{"error":')
    expect(stdout).toMatch(/event: tool\.finished[\s\S]*event: run\.finished[\s\S]*"status":"completed"/)
    expect(stdout).toContain('id: 4\n')
    expect(stdout).toContain('"messages":[{"role":"system"')
    expect(stdout).toContain('"status":"cancelled"},"hanging":[]')
    expect(stdout).toContain('"nextCursor":null')
  })

  it('has an example of the client that works as it is written', async () => {
    const folder = join(home, 'example')
    await mkdir(folder)
    await symlink(fileURLToPath(new URL('node_modules', checkout)), join(folder, 'node_modules'))
    await writeFile(join(folder, 'example.mjs'), here(codeOf(readme, 'client')))
    const { stdout, stderr } = await runText(process.execPath, [join(folder, 'example.mjs')])
    expect(stderr).toBe('')
    expect(stdout).toContain('> write_file {"path":"haiku.txt"')
    expect(stdout).toContain('It is written.\ncompleted\n')
  })
})

describe('the README of the orchestrator', { timeout: 60_000 }, () => {
  it('names every command and its flags, as --help does', async () => {
    const rows = tableRows(ownReadme, 'flags').map(([command = '', flags = '']) => [
      command.replaceAll('`', ''),
      flags.replaceAll('`', '').split(', ').toSorted(),
    ])
    const named = async (group: readonly string[]): Promise<string[]> => {
      const { stdout } = await runBin([...group, '--help'], {})
      return [...stdout.matchAll(/^ {2}auroracoder ((?:sandbox )?[\w-]+)/gm)].map(([, name = '']) => name)
    }
    const groups = await Promise.all([named([]), named(['sandbox'])])
    const commands = groups.flat().filter((name) => name !== 'sandbox')
    const helps = await Promise.all(commands.map((command) => runBin([...command.split(' '), '--help'], {})))
    const known = helps.map(({ stdout: help }, index) => [
      commands[index],
      [...help.matchAll(/^ +(--[\w-]+)/gm)]
        .map(([, flag = '']) => flag)
        .filter((flag) => flag !== '--help' && flag !== '--version')
        .toSorted(),
    ])
    expect(rows.toSorted()).toEqual(known.toSorted())
  })
})

/** The address is the only thing that is not as in the README: no test has a port of its own. */
function here(code: string): string {
  expect(code).toContain('http://127.0.0.1:8080')
  return code.replaceAll('http://127.0.0.1:8080', service.url)
}

function runText(command: string, args: readonly string[]): Promise<{ stdout: string; stderr: string }> {
  const env = { PATH: process.env.PATH, HOME: home, AURORACODER_TOKEN: service.token }
  const child = spawn(command, args, { env, stdio: ['ignore', 'pipe', 'pipe'] })
  let stdout = ''
  let stderr = ''
  child.stdout.setEncoding('utf8').on('data', (text: string) => (stdout += text))
  child.stderr.setEncoding('utf8').on('data', (text: string) => (stderr += text))
  return new Promise((resolve, reject) => {
    child.on('error', reject)
    child.on('close', () => resolve({ stdout, stderr }))
  })
}
