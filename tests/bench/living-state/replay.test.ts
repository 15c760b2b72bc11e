import { mkdir, mkdtemp, realpath, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { renderChange } from '@auroracoder/kit/panel'
import { beforeAll, expect, onTestFinished, test } from 'vitest'
import { createRandom } from '../random.js'
import { runProgram } from '../run-program.js'
import { type Agent, agents, diffOnly, wholeFiles } from './agents.js'
import { readCommit, readLines } from './history.js'
import { replay } from './replay.js'
import { type SessionScript, scriptOf } from './session-script.js'
import { falseFiles } from './truth.js'

const program = Array.from({ length: 60 }, (_, index) => `const value${index} = ${index}`)
const versions = [0, 1, 2, 3].map((version) =>
  program.map((line, index) => (index % 20 === 10 ? `${line} + ${version}` : line)).join('\n'),
)

async function folderOfTest(): Promise<string> {
  const folder = await realpath(await mkdtemp(join(tmpdir(), 'auroracoder-living-state-')))
  onTestFinished(() => rm(folder, { recursive: true }))
  return folder
}

/** Four commits that change a file in three places each; the third makes and the last removes another one. */
async function makeRepository(folder: string): Promise<string> {
  const repo = join(folder, 'repo')
  await mkdir(repo)
  const person = ['-c', 'user.name=Test', '-c', 'user.email=test@localhost', '-c', 'commit.gpgsign=false']
  const git = (args: readonly string[]) => runProgram({ file: 'git', args: ['-C', repo, ...person, ...args] })
  await git(['init', '--quiet'])
  for (const [index, text] of versions.entries()) {
    await writeFile(join(repo, 'main.ts'), `${text}\n`)
    if (index === 2) await writeFile(join(repo, "it's new.ts"), 'export const fresh = 1\n')
    if (index === 3) await rm(join(repo, "it's new.ts"))
    await git(['add', '-A'])
    await git(['commit', '--quiet', '-m', `Version ${index}`])
  }
  return repo
}

async function sessionOf(folder: string, seed: string): Promise<SessionScript> {
  const repo = await makeRepository(folder)
  const [line = []] = await readLines(repo)
  const commits = []
  for (const id of line) commits.push(await readCommit(repo, id))
  const request = { turnsMax: 60, random: createRandom(seed), folder: join(folder, 'staged'), scratch: folder }
  return { repo, start: commits[0]?.parent ?? '', turns: await scriptOf(commits, request) }
}

test('a script opens a file once, edits it hunk by hunk, and looks around now and then', async () => {
  const { turns } = await sessionOf(await folderOfTest(), 'one')
  const named = (name: string) => turns.filter((turn) => turn.name === name).map(({ args }) => args)
  expect(named('read_file')).toEqual([{ paths: ['main.ts'] }])
  expect(named('edit_file').length).toBeGreaterThan(3)
  expect(named('edit_file').every(({ edits }) => Array.isArray(edits) && edits.length === 1)).toBe(true)
  expect(named('write_file')).toEqual([{ path: "it's new.ts", content: 'export const fresh = 1\n' }])
  expect(named('run_terminal_command')).toContainEqual({ command: "rm -f 'it'\\''s new.ts'" })
})

const withDrift = (session: SessionScript): SessionScript => {
  const before = session.turns.findIndex(({ name }) => name === 'edit_file')
  const drift = { name: 'run_terminal_command', args: { command: 'echo "// by a command" >> main.ts' } }
  return { ...session, turns: [...session.turns.slice(0, before), drift, ...session.turns.slice(before)] }
}

let folder: string
let session: SessionScript
beforeAll(async () => {
  folder = await realpath(await mkdtemp(join(tmpdir(), 'auroracoder-replay-')))
  session = withDrift(await sessionOf(folder, 'one'))
  return () => rm(folder, { recursive: true })
})

const isReference = (agent: Agent) => agent === diffOnly || agent === wholeFiles

test.for(agents.map((agent) => ({ agent, label: agent.label })))(
  'every call of a session is made and billed for the agent $label',
  { timeout: 60_000 },
  async ({ agent }) => {
    const scratch = await folderOfTest()
    const bill = await replay({ session, agent, scratch })
    expect(bill).toMatchObject({ failedToolCalls: 0, modelCalls: session.turns.length + 1 })
    expect(bill.finalTokens).toBeGreaterThan(bill.openingTokens)
    expect(bill.hitTokens + bill.missTokens).toBeGreaterThan(bill.finalTokens)
    // A command has changed the file: who only appends does not know.
    if (isReference(agent)) expect(bill.falseCalls).toBeGreaterThan(0)
    else expect(bill.falseCalls).toBe(0)
  },
)

test('a file is shown falsely when a line, the last newline or the file itself is another', async () => {
  const workspace = await folderOfTest()
  const nonce = 'c0ffee00'
  const facts = { revision: '00000000', encoding: 'utf-8', eol: 'lf' as const, finalNewline: true }
  const view = { path: 'a.txt', ...facts, lineCount: 2, ranges: [{ start: 1, lines: ['one', 'two'] }] }
  const content = renderChange({ kind: 'opened', key: 'a.txt', view }, nonce)
  const look = () => falseFiles([{ role: 'tool', content }], { workspace, nonce })
  const file = join(workspace, 'a.txt')

  await writeFile(file, 'one\ntwo\n')
  expect(await look()).toEqual([])
  for (const text of ['one\n2\n', 'one\ntwo', 'one\ntwo\nthree\n', '']) {
    await writeFile(file, text)
    expect(await look()).toEqual(['a.txt'])
  }
  await rm(file)
  expect(await look()).toEqual(['a.txt'])
})
