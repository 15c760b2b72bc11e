import { mkdir, mkdtemp, realpath, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { beforeAll, expect, test } from 'vitest'
import { releasedPackages } from '../releases/released-packages.js'
import { repositoryOf } from '../releases/repositories.js'
import { renderTable } from '../report/table.js'
import { runProgram } from '../run-program.js'
import { agents, diffOnly } from './agents.js'
import { notesOf, sourcesOf } from './benchmark.js'
import { readSessions, type Source } from './sessions.js'
import { sourcesTable } from './sources-table.js'

/** Each makes 5 edits, of which a session takes up to 60. */
const commits = 36
/** A session is read with a hundred starts of git. */
const timeout = 60_000
let folder: string
let repo: string

async function makeRepository(name: string) {
  const made = join(folder, name)
  const person = ['-c', 'user.name=Test', '-c', 'user.email=test@localhost', '-c', 'commit.gpgsign=false']
  const git = (args: readonly string[]) => runProgram({ file: 'git', args: ['-C', made, ...person, ...args] })
  await mkdir(made)
  await git(['init', '--quiet'])
  const commit = async (message: string) => {
    await git(['add', '--all'])
    await git(['commit', '--quiet', '--allow-empty', '-m', message])
  }
  return { made, commit }
}

/** A line of commits, each of which changes a file in five places. */
beforeAll(async () => {
  folder = await realpath(await mkdtemp(join(tmpdir(), 'auroracoder-sessions-')))
  const { made, commit } = await makeRepository('repo')
  repo = made
  for (let version = 0; version <= commits; version += 1) {
    const lines = Array.from({ length: 100 }, (_, at) => `line ${at}${at % 20 === 10 ? ` of ${version}` : ''}`)
    await writeFile(join(repo, 'main.js'), `${lines.join('\n')}\n`)
    await commit(`Version ${version}`)
  }
  return () => rm(folder, { recursive: true })
}, timeout)

async function sessionsOf(sources: readonly Source[], seed = 'one') {
  const scratch = await mkdtemp(join(folder, 'scratch-'))
  return readSessions({ sources, seed, world: { scratch, say: () => {} } })
}

test('one line of commits has several sessions, none of which begins where another is', { timeout }, async () => {
  const sessions = await sessionsOf([{ label: 'line', repo, sessions: 3 }])
  expect(sessions).toHaveLength(3)
  expect(new Set(sessions.map(({ start }) => start)).size).toBe(3)
  const edits = sessions.flatMap(({ turns }) => turns.filter(({ name }) => name === 'edit_file'))
  const texts = edits.map(({ args }) => JSON.stringify(args))
  expect(new Set(texts).size).toBe(texts.length)
  for (const { turns } of sessions) {
    expect(turns.length).toBeGreaterThanOrEqual(20)
    expect(turns.length).toBeLessThanOrEqual(60)
  }
})

test('the same seed makes the same sessions, and a source without enough history has none', { timeout }, async () => {
  const short = join(folder, 'short')
  await runProgram({ file: 'git', args: ['clone', '--quiet', '--depth=2', `file://${repo}`, short] })
  const sources = [
    { label: 'line', repo, sessions: 1 },
    { label: 'short', repo: short, sessions: 1 },
  ]
  const [one, again] = [await sessionsOf(sources), await sessionsOf(sources)]
  expect(one.map(({ source }) => source.label)).toEqual(['line'])
  const told = (sessions: typeof one) => sessions.map(({ start, turns }) => [start, turns.length])
  expect(told(one)).toEqual(told(again))
})

test('sessions that make new files alone are not left out', { timeout }, async () => {
  const { made, commit } = await makeRepository('files')
  await commit('Begin')
  for (let at = 0; at < 70; at += 1) await writeFile(join(made, `file-${at}.js`), `export const value = ${at}\n`)
  await commit('Add files')
  const sessions = await sessionsOf([{ label: 'files', repo: made, sessions: 1 }])
  const names = sessions.flatMap(({ turns }) => turns.map(({ name }) => name))
  expect(names).toContain('write_file')
  expect(names).not.toContain('edit_file')
})

const bill = {
  modelCalls: 10,
  hitTokens: 1000,
  missTokens: 100,
  openingTokens: 1,
  finalTokens: 2,
  failedToolCalls: 0,
  epochs: 0,
}

test('the table by source sums what belongs to each source, and to no other', async () => {
  const line: Source = { label: 'line', repo, sessions: 2 }
  const other: Source = { label: 'other', repo, sessions: 1 }
  const turn = (name: string) => ({ name, args: {} })
  const sessions = [
    { source: line, repo, start: 'a', turns: ['read_file', 'edit_file', 'edit_file', 'write_file'].map(turn) },
    { source: other, repo, start: 'b', turns: [turn('run_terminal_command')] },
    { source: line, repo, start: 'c', turns: ['edit_file', 'edit_file', 'write_file', 'read_file'].map(turn) },
  ]
  const accounts = agents.map((agent) => ({
    agent,
    bills: [1, 10, 2].map((falseCalls) => ({ ...bill, falseCalls, hitTokens: agent === diffOnly ? 15_000 : 5_000 })),
  }))
  const { rows } = sourcesTable(sessions, accounts)
  expect(rows).toEqual([
    ['line', '2', '8', '50 %', '25 %', '0 %', '0.500', '1.000', '3', '3', '3', '3'],
    ['other', '1', '1', '0 %', '0 %', '100 %', '0.500', '1.000', '10', '10', '10', '10'],
  ])
  expect(renderTable(sourcesTable(sessions, accounts))).toContain('auto at 50:1: cost to diffs only')
})

test('packages take part when they are installed, and until then it is said that they do not', async () => {
  const env = { AURORACODER_BENCH_FIXTURES: join(folder, 'fixtures') }
  const world = { checkout: '/checkout', folder: '/folder', env }
  const own = { label: 'this repository', repo: '/checkout', sessions: 6 }
  expect(sourcesOf({}, world)).toEqual([own])
  expect(notesOf(world).join('\n')).toContain('install-peers')

  for (const released of releasedPackages) await mkdir(repositoryOf(released, env), { recursive: true })
  const sources = sourcesOf({ repo: ['mine'], 'package-sessions': ['1'] }, world)
  expect(sources.map(({ label }) => label)).toEqual([
    'this repository',
    ...releasedPackages.map((released) => released.name),
    'mine',
  ])
  expect(sources.map(({ sessions }) => sessions)).toEqual([6, ...releasedPackages.map(() => 1), 6])
  expect(notesOf(world)).toEqual([])
})
