import { execFile } from 'node:child_process'
import { realpathSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { expect, it } from 'vitest'
import { z } from 'zod'
import { missingImage, testImage } from '../../programs.js'

const checkout = fileURLToPath(new URL('../../../', import.meta.url))
const missing = await missingImage()
const timeoutMs = 600_000
const testsMin = 250
/** Some tests hold a stopwatch, and two run at once. */
const retries = 2

/** What is taken away: the network, every capability, other users, and all that could be written but a folder in memory. */
const hardening = [
  ...['--network', 'none'],
  '--read-only',
  ...['--cap-drop', 'ALL'],
  ...['--security-opt', 'no-new-privileges'],
  ...['--pids-limit', '1024'],
  ...['--memory', '4g'],
  ...['--user', '65534:65534'],
  ...['--tmpfs', '/tmp:exec,mode=1777'],
  ...['--env', 'AURORACODER_TEST_WORKERS=2'],
]

const report = z.object({
  numPassedTests: z.int(),
  numPendingTests: z.int(),
  testResults: z.array(z.object({ assertionResults: z.array(z.object({ fullName: z.string(), status: z.string() })) })),
})

it('every test of the shell server passes in a hardened container', { timeout: timeoutMs }, async (context) => {
  if (missing) context.skip(missing)
  const { stdout } = await promisify(execFile)(
    'docker',
    ['run', '--rm', ...hardening, ...mounts(), testImage, ...tests()],
    {
      maxBuffer: 64 * 1024 * 1024,
      timeout: timeoutMs,
    },
  ).catch((error: { stdout: string }) => error)
  const { numPassedTests, numPendingTests, testResults } = report.parse(JSON.parse(stdout.slice(stdout.indexOf('{'))))
  const failed = testResults
    .flatMap(({ assertionResults }) => assertionResults)
    .filter(({ status }) => status === 'failed')
  expect(failed.map(({ fullName }) => fullName)).toEqual([])
  expect(numPendingTests).toBe(0)
  expect(numPassedTests).toBeGreaterThan(testsMin)
})

function mounts(): string[] {
  const volumes = [`${checkout}:/checkout:ro`, `${realpathSync(process.execPath)}:/usr/local/bin/node:ro`]
  const env = ['HOME=/tmp', 'TMPDIR=/tmp', 'NO_COLOR=1']
  return [...volumes.flatMap((volume) => ['-v', volume]), ...env.flatMap((each) => ['-e', each]), '-w', '/checkout']
}

function tests(): string[] {
  const options = ['--configLoader', 'runner', '--reporter', 'json', '--retry', `${retries}`]
  return ['node', 'node_modules/vitest/vitest.mjs', 'run', 'servers/shell/src', '--no-isolate', ...options]
}
