import { spawn } from 'node:child_process'
import { createHash } from 'node:crypto'
import { readFile, writeFile } from 'node:fs/promises'
import { basename, dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

/** Preparing cannot go on; the message says what to do. */
export class PrepareFailure extends Error {
  /** @param {string} message */
  constructor(message) {
    super(message)
    this.name = 'PrepareFailure'
  }
}

/**
 * @typedef {object} Command
 * @property {string} file
 * @property {readonly string[]} args
 * @property {string} cwd
 * @property {NodeJS.ProcessEnv} env
 * @property {'terminal' | 'capture'} output where its output goes
 *
 * @typedef {{code: number | null, output: string}} Ended
 *
 * @typedef {object} PrepareOptions
 * @property {boolean} [quiet] say nothing but what goes wrong
 * @property {string} [root] the checkout
 * @property {string} [nodeVersion]
 * @property {NodeJS.ProcessEnv} [env]
 * @property {(command: Command) => Promise<Ended>} [run]
 */

/**
 * Makes a fresh checkout ready to run: dependencies installed, packages built. It runs before anything is
 * installed, so it needs Node and npm alone; what is done already is not done again. Throws `PrepareFailure`.
 *
 * @param {PrepareOptions} [options]
 */
export async function prepare({
  quiet = false,
  root = checkout,
  nodeVersion = process.version,
  env = process.env,
  run = runCommand,
} = {}) {
  const say = quiet ? () => {} : (/** @type {string} */ line) => process.stderr.write(`${line}\n`)
  await checkNode(root, nodeVersion)
  const stampFile = join(root, 'node_modules', '.auroracoder-installed')
  const stamp = await stampOf(root, nodeVersion)
  if ((await readFile(stampFile, 'utf8').catch(() => '')) !== stamp) {
    say('Installing dependencies (once for each change of the lockfile)…')
    await install({ root, env, run, quiet })
    await writeFile(stampFile, stamp)
  }
  await build({ root, env, run, say })
}

const checkout = dirname(dirname(dirname(fileURLToPath(import.meta.url))))

/**
 * @param {string} root
 * @param {string} found
 */
async function checkNode(root, found) {
  const { engines } = JSON.parse(await readFile(join(root, 'package.json'), 'utf8'))
  const expected = numbersOf(engines.node)
  const actual = numbersOf(found)
  const differing = expected.findIndex((number, index) => number !== actual[index])
  if (differing === -1 || (actual[differing] ?? 0) > (expected[differing] ?? 0)) return
  throw new PrepareFailure(
    `Node ${expected.join('.')} or newer is needed, found ${found}. Install a newer one from https://nodejs.org and run the command again.`,
  )
}

/** @param {string} version */
function numbersOf(version) {
  return (version.match(/\d+/g) ?? []).slice(0, 3).map(Number)
}

/**
 * Changes whenever an install would come out differently.
 *
 * @param {string} root
 * @param {string} nodeVersion
 */
async function stampOf(root, nodeVersion) {
  const hash = createHash('sha256')
  hash.update(await readFile(join(root, 'package-lock.json')))
  return `${hash.digest('hex')} node ${nodeVersion} ${process.platform}-${process.arch}\n`
}

/** @param {{root: string, env: NodeJS.ProcessEnv, run: (command: Command) => Promise<Ended>, quiet: boolean}} options */
async function install({ root, env, run, quiet }) {
  // Building needs the development tools, also where NODE_ENV says production.
  const args = ['ci', '--include=dev', '--no-audit', '--no-fund', ...(quiet ? ['--loglevel=error'] : [])]
  const npm = npmCommand(env)
  const command = { file: npm.file, args: [...npm.args, ...args], cwd: root, env }
  const ended = await run({ ...command, output: 'terminal' })
  if (ended.code === 0) return
  throw new PrepareFailure(
    [
      `Installing dependencies failed: \`npm ci\` ended with ${ended.code ?? 'a signal'}; its output is above.`,
      'Check that the npm registry answers (`npm ping`), that the disk has room and that the lockfile is the one of the',
      'checkout (`git checkout package-lock.json`), then run the same command again.',
    ].join('\n'),
  )
}

/**
 * The npm that started us, when it did; else the one on the PATH.
 *
 * @param {NodeJS.ProcessEnv} env
 */
function npmCommand({ npm_execpath: npmCli }) {
  if (npmCli && basename(npmCli) === 'npm-cli.js') return { file: process.execPath, args: [npmCli] }
  return { file: 'npm', args: [] }
}

/** @param {{root: string, env: NodeJS.ProcessEnv, run: (command: Command) => Promise<Ended>, say: (line: string) => void}} options */
async function build({ root, env, run, say }) {
  const turbo = join(root, 'node_modules', 'turbo', 'bin', 'turbo')
  const quietly = { TURBO_TELEMETRY_DISABLED: '1', TURBO_NO_UPDATE_NOTIFIER: '1', DO_NOT_TRACK: '1' }
  say('Building…')
  const ended = await run({
    file: process.execPath,
    args: [turbo, 'run', 'build', '--output-logs=errors-only'],
    cwd: root,
    env: { ...env, ...quietly },
    output: 'capture',
  })
  if (ended.code === 0) return
  throw new PrepareFailure(`${ended.output}\nBuilding failed; the compiler's words are above.`)
}

/**
 * @param {Command} command
 * @returns {Promise<Ended>}
 */
function runCommand({ file, args, cwd, env, output }) {
  // Our own stdout may be read by a program: what an install prints belongs on stderr.
  /** @type {import('node:child_process').StdioOptions} */
  const stdio = output === 'terminal' ? ['inherit', 2, 2] : ['ignore', 'pipe', 'pipe']
  return new Promise((resolve, reject) => {
    const child = spawn(file, args, { cwd, env, stdio })
    /** @type {Buffer[]} */
    const chunks = []
    for (const stream of [child.stdout, child.stderr]) stream?.on('data', (chunk) => chunks.push(chunk))
    child.once('error', (error) => reject(new PrepareFailure(`"${file}" could not be started: ${error.message}.`)))
    child.once('close', (code) => resolve({ code, output: Buffer.concat(chunks).toString() }))
  })
}
