import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createScriptedModel, type ScriptedModel, type ScriptInput } from '@auroracoder/orchestrator/scripted-model'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { brokenProject, fixScript } from './scripts.js'
import { bin, type Finished, processesNaming, runBin } from './service.js'

let folder: string
let workspace: string
let model: ScriptedModel | undefined

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'auroracoder-run-'))
  workspace = join(folder, 'project')
  await mkdir(workspace)
  for (const [name, text] of Object.entries(brokenProject)) await writeFile(join(workspace, name), text)
})
afterEach(async () => {
  await model?.close()
  model = undefined
  expect(await processesNaming(folder)).toEqual([])
  await rm(folder, { recursive: true })
})

async function run(script: ScriptInput, ...args: string[]): Promise<Finished> {
  model = await createScriptedModel({ script })
  const env = {
    DEEPSEEK_BASE_URL: model.url,
    AURORACODER_DATA_DIR: join(folder, 'data'),
    AURORACODER_APPROVALS: 'allow',
    AURORACODER_SANDBOX: 'local',
  }
  return runBin(['run', 'The sum is wrong. Fix it.', '--workspace', workspace, ...args], env)
}

describe('auroracoder run', { timeout: 60_000 }, () => {
  it('edits a real project, tests it and shows reasoning, calls, results and the final diff', async () => {
    const { exitCode, stdout, stderr } = await run(fixScript())
    expect(stderr).toBe('')
    expect(exitCode).toBe(0)
    expect(await readFile(join(workspace, 'sum.js'), 'utf8')).toBe(
      '/** Adds. */\nexport function sum(a, b) {\n  return a + b\n}\n',
    )
    for (const shown of [
      'I look at the file first.',
      '→ read_file',
      '→ edit_file',
      'corrected to',
      '✓ run_terminal_command',
      'pass 1',
      'Überprüft ✓',
      '-  return a - b',
      '+  return a + b',
    ]) {
      expect(stdout).toContain(shown)
    }
  })

  it('lets the model read its call as it really ran', async () => {
    await run(fixScript())
    const last = JSON.stringify(model?.requests.at(-1)?.body)
    expect(last).not.toContain('\\"lines\\":\\"9\\"')
    expect(last).toContain('return a + b')
  })

  it.each([
    ['a cut in the middle of the stream', { cutAtByte: 300 }],
    ['a clean end without [DONE]', { omit: ['done'] }],
    ['a stream without a finish_reason', { omit: ['finish_reason'] }],
    ['malformed arguments', { arguments: '{"paths": ["sum.js"' }],
    ['arguments cut by the length limit', { lengthAtByte: 9 }],
    ['a 429 with Retry-After', { status: 429, retryAfter: '0' }],
    ['a 503', { status: 503, retryAfter: '0' }],
    ['keep-alives before the answer', { keepAliveMs: 200, keepAliveEveryMs: 50 }],
    ['split characters', { splitCharacters: true }],
  ])('survives %s', async (_, fault) => {
    const { exitCode, stdout } = await run(fixScript({ read: fault, report: { chunkBytes: 1 } }))
    expect(stdout).toContain('pass 1')
    expect(stdout).toContain('Überprüft ✓')
    expect(exitCode).toBe(0)
  })

  it('survives an empty answer', async () => {
    const { steps, ...script } = fixScript({ read: { empty: true } })
    const [read, ...rest] = steps
    const again = { when: { last: 'Your last answer was empty' }, reply: read?.reply ?? { text: 'no step' } }
    const { exitCode, stdout } = await run({ ...script, steps: [...(read ? [read] : []), ...rest, again] })
    expect(stdout).toContain('pass 1')
    expect(exitCode).toBe(0)
  })

  it('prints every event as a JSON line when asked', async () => {
    const { exitCode, stdout } = await run(fixScript(), '--json')
    expect(exitCode).toBe(0)
    const events = stdout
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line))
    const durable = events.filter((event) => 'seq' in event)
    const first = durable[0].seq
    expect(durable.map(({ seq }) => seq)).toEqual(durable.map((_, index) => first + index))
    expect(events.at(-1)).toMatchObject({ type: 'run.finished', data: { status: 'completed' } })
  })

  it('shows what a file holds without letting it move the cursor or set a title', async () => {
    const content = '\u001b]0;title\u0007\u001b[2Jplain\n'
    const call = { name: 'write_file', arguments: { path: 'escapes.txt', content } }
    const { exitCode, stdout } = await run({ steps: [{ reply: { calls: [call] } }, { reply: { text: 'Done.' } }] })
    expect(exitCode).toBe(0)
    expect(await readFile(join(workspace, 'escapes.txt'), 'utf8')).toBe(content)
    expect(stdout).toContain('+plain')
    expect(stdout).not.toContain('\u001b')
  })

  it('ends with 0 when the task was done, also without a workspace to compare', async () => {
    const call = { name: 'run_terminal_command', arguments: { command: `cd / && rm -r '${workspace}'` } }
    const { exitCode, stderr } = await run({ steps: [{ reply: { calls: [call] } }, { reply: { text: 'Done.' } }] })
    expect(stderr).toContain('No diff will be shown')
    expect(exitCode).toBe(0)
  })

  it('takes a signal that comes twice at once for one, and cancels the run', async () => {
    model = await createScriptedModel({
      script: {
        steps: [{ reply: { calls: [{ name: 'run_terminal_command', arguments: { command: 'sleep 600' } }] } }],
      },
    })
    const args = ['run', 'x', '--json', '--workspace', workspace, '--data-dir', join(folder, 'data')]
    const child = spawn(process.execPath, [bin, ...args], {
      env: {
        PATH: process.env.PATH,
        DEEPSEEK_BASE_URL: model.url,
        AURORACODER_APPROVALS: 'allow',
        AURORACODER_SANDBOX: 'local',
      },
    })
    let stdout = ''
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      stdout += text
      if (!text.includes('"tool.started"')) return
      child.kill('SIGINT')
      child.kill('SIGTERM')
    })
    const [exitCode] = await once(child, 'close')
    expect(stdout).toContain('"run.cancelled"')
    expect(exitCode).toBe(130)
  })

  it('fails with 1 and the reason when the account has no balance', async () => {
    const { exitCode, stdout } = await run(fixScript({ read: { status: 402, times: 'always' } }))
    expect(exitCode).toBe(1)
    expect(stdout).toMatch(/402/)
  })
})

describe('auroracoder, called wrongly', { timeout: 30_000 }, () => {
  const env = () => ({ AURORACODER_DATA_DIR: join(folder, 'data') })
  const endpoint = { DEEPSEEK_BASE_URL: 'http://127.0.0.1:9' }

  it('says which key is missing and where it comes from', async () => {
    const { exitCode, stderr } = await runBin(['run', 'x', '--workspace', workspace], env())
    expect(exitCode).toBe(2)
    expect(stderr).toMatch(/DEEPSEEK_API_KEY is not set/)
  })

  it('says that a workspace does not exist', async () => {
    const missing = join(folder, 'nowhere')
    const { exitCode, stderr } = await runBin(['run', 'x', '--workspace', missing], { ...env(), ...endpoint })
    expect(exitCode).toBe(2)
    expect(stderr).toContain(missing)
  })

  it.each(['serve', 'run'])('%s says that the data directory is a file', async (command) => {
    const file = join(folder, 'file')
    await writeFile(file, '')
    const args = command === 'run' ? ['run', 'x'] : ['serve', '--port', '0']
    const { exitCode, stderr } = await runBin([...args, '--data-dir', file], endpoint)
    expect(stderr).toContain(`The data directory ${file} cannot be used`)
    expect(stderr).not.toContain('    at ')
    expect(exitCode).toBe(2)
  })

  it.each([
    [['run'], /non-option arguments/],
    [['run', 'x', '--wrkspace', '/tmp'], /wrkspace/],
    [['fly'], /fly/],
    [[], /Name a command/],
    [['serve', '--port', '99999'], /port/],
    [['serve', '--sandbox', 'vm'], /sandbox|vm/],
    [['run', 'x', '--session', 'ses_none'], /ses_none/],
  ])('%j ends with 2 and says why', async (args, message) => {
    const { exitCode, stdout, stderr } = await runBin(args, { ...env(), ...endpoint })
    expect(stderr).toMatch(message)
    expect(stdout).toBe('')
    expect(exitCode).toBe(2)
  })
})
