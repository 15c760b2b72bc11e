import { spawn } from 'node:child_process'
import { randomInt } from 'node:crypto'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { PrepareFailure, prepare } from '../orchestrator/bin/prepare.js'
import { deepFiles, deepVariable, seedVariable } from './deep.js'
import { tallyFileVariable } from './tally-reporter.js'

/** @typedef {import('./tally-reporter.js').Tally} Tally */

const root = dirname(dirname(fileURLToPath(import.meta.url)))
const isDeep = process.argv[2] === '--deep'
const vitestArgs = process.argv.slice(isDeep ? 3 : 2)

const tally = isDeep ? await runDeep() : await runEverything()
process.stdout.write(closing(tally))
process.exitCode = tally.failed.length > 0 ? 1 : 0

/** @returns {Promise<Tally>} */
async function runEverything() {
  const prepared = await check('install and build', prepareSources)
  if (prepared.failed.length > 0) return prepared
  return sum([
    prepared,
    await check('biome check', () => runNode(['node_modules/@biomejs/biome/bin/biome', 'check', '.'])),
    await check('tsc -p tests', () => runNode(['node_modules/typescript/bin/tsc', '-p', 'tests/tsconfig.json'])),
    await runVitest({ args: vitestArgs }),
  ])
}

/**
 * The tests that play with chance, or those of them that the arguments name, with many more rounds.
 *
 * @returns {Promise<Tally>}
 */
async function runDeep() {
  const prepared = await check('install and build', prepareSources)
  if (prepared.failed.length > 0) return prepared
  const files = deepFiles()
  const isNamed = vitestArgs.some((arg) => files.some((file) => file.includes(arg)))
  const seed = process.env[seedVariable] ?? String(randomInt(2 ** 31))
  const env = { [deepVariable]: '1', [seedVariable]: seed }
  process.stdout.write(`\n> ${seedVariable}=${seed} plays this again\n`)
  return sum([prepared, await runVitest({ args: isNamed ? vitestArgs : [...vitestArgs, ...files], env })])
}

async function prepareSources() {
  try {
    await prepare({ quiet: true })
    return 0
  } catch (error) {
    if (!(error instanceof PrepareFailure)) throw error
    process.stderr.write(`${error.message}\n`)
    return 1
  }
}

/**
 * A check counts as one test.
 *
 * @param {string} name
 * @param {() => Promise<number | null>} run answers an exit code
 * @returns {Promise<Tally>}
 */
async function check(name, run) {
  process.stdout.write(`\n> ${name}\n`)
  const passed = (await run()) === 0
  return { passed: passed ? 1 : 0, failed: passed ? [] : [name], skipped: [], played: [] }
}

/**
 * @param {{args: readonly string[], env?: NodeJS.ProcessEnv}} options
 * @returns {Promise<Tally>}
 */
async function runVitest({ args, env = {} }) {
  const folder = mkdtempSync(join(tmpdir(), 'auroracoder-tests-'))
  const tallyFile = join(folder, 'tally.json')
  const reporters = ['--reporter=default', `--reporter=${join(root, 'tests', 'tally-reporter.js')}`]
  process.stdout.write(`\n> vitest run ${args.join(' ')}\n`)
  try {
    const vitest = ['node_modules/vitest/vitest.mjs', 'run', ...reporters, ...args]
    const code = await runNode(vitest, { ...env, [tallyFileVariable]: tallyFile })
    return checked(readTally(tallyFile), code)
  } finally {
    rmSync(folder, { recursive: true })
  }
}

/**
 * @param {string} file
 * @returns {Tally | undefined}
 */
function readTally(file) {
  try {
    return JSON.parse(readFileSync(file, 'utf8'))
  } catch {
    // vitest ended before it could write: killed, out of memory, a wrong option.
    return undefined
  }
}

/**
 * Adds the ways in which a run without a failed test has failed all the same.
 *
 * @param {Tally | undefined} tally
 * @param {number | null} code
 * @returns {Tally}
 */
function checked(tally, code) {
  if (!tally) {
    return { passed: 0, failed: [`vitest ended without a report (exit code ${code})`], skipped: [], played: [] }
  }
  const failed = [...tally.failed]
  if (tally.passed + tally.failed.length + tally.skipped.length === 0) failed.push('no test was found')
  // Filters by name leave tests out without a reason; without one, each skipped test must say why.
  const byName = vitestArgs.some((arg) => /^(-t|--testNamePattern)/.test(arg))
  const silent = byName ? [] : tally.skipped.filter(({ reason }) => !reason)
  failed.push(...silent.map(({ name }) => `${name} is skipped without a reason`))
  if (code !== 0 && failed.length === 0) failed.push(`vitest ended with exit code ${code}`)
  return { ...tally, failed, skipped: tally.skipped.filter((test) => !silent.includes(test)) }
}

/**
 * @param {readonly string[]} args
 * @param {NodeJS.ProcessEnv} [env]
 * @returns {Promise<number | null>}
 */
function runNode(args, env = {}) {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, args, { cwd: root, env: { ...process.env, ...env }, stdio: 'inherit' })
    child.once('error', reject)
    child.once('close', resolve)
  })
}

/**
 * @param {readonly Tally[]} tallies
 * @returns {Tally}
 */
function sum(tallies) {
  return {
    passed: tallies.reduce((total, { passed }) => total + passed, 0),
    failed: tallies.flatMap(({ failed }) => failed),
    skipped: tallies.flatMap(({ skipped }) => skipped),
    played: tallies.flatMap(({ played }) => played),
  }
}

/**
 * The last line is plain and alone, for programs.
 *
 * @param {Tally} tally
 */
function closing({ passed, failed, skipped, played }) {
  const list = (/** @type {string} */ title, /** @type {string[]} */ lines) =>
    lines.length > 0 ? [title, ...lines.map((line) => `  ${line}`), ''] : []
  return [
    '',
    ...list(
      'Played:',
      isDeep ? played.map(({ name, played: { seed, count } }) => `${name}: seed ${seed}, ${count}`) : [],
    ),
    ...list(
      'Skipped here, and why:',
      skipped.map(({ name, reason }) => `${name}: ${reason ?? 'not asked for'}`),
    ),
    ...list('Failed:', failed),
    `${passed} passed, ${failed.length} failed, ${skipped.length} skipped`,
    '',
  ].join('\n')
}
