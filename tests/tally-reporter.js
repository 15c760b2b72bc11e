import { writeFileSync } from 'node:fs'
import { relative } from 'node:path'

/** Names the file that the reporter writes. */
export const tallyFileVariable = 'AURORACODER_TEST_TALLY'

/**
 * @typedef {object} Tally
 * @property {number} passed
 * @property {string[]} failed names
 * @property {{name: string, reason: string | undefined}[]} skipped
 * @property {{name: string, played: import('./played.js').Played}[]} played
 *
 * @typedef {{state: string, note?: string | undefined}} Result
 * @typedef {{played?: import('./played.js').Played[]}} Meta
 * @typedef {{fullName: string, result(): Result, meta(): Meta}} TestCase
 * @typedef {object} TestModule
 * @property {string} moduleId
 * @property {{allTests(): Iterable<TestCase>}} children
 * @property {() => readonly unknown[]} errors
 */

/**
 * A vitest reporter that writes what became of every test. vitest's own JSON leaves out what the count must not
 * lose: the reason of a skipped test, errors outside of tests, and files that could not be loaded.
 */
export default function createTallyReporter() {
  return {
    /**
     * @param {readonly TestModule[]} modules
     * @param {readonly unknown[]} unhandledErrors
     */
    onTestRunEnd(modules, unhandledErrors) {
      const file = process.env[tallyFileVariable]
      if (file === undefined) throw new Error(`${tallyFileVariable} names no file to write to.`)
      writeFileSync(file, JSON.stringify(tallyOf(modules, unhandledErrors)))
    },
  }
}

/**
 * @param {readonly TestModule[]} modules
 * @param {readonly unknown[]} unhandledErrors
 * @returns {Tally}
 */
function tallyOf(modules, unhandledErrors) {
  /** @type {Tally} */
  const tally = {
    passed: 0,
    failed: unhandledErrors.map(() => 'an error outside of every test'),
    skipped: [],
    played: [],
  }
  for (const module of modules) {
    const path = relative(process.cwd(), module.moduleId)
    tally.failed.push(...module.errors().map(() => `${path} could not be run`))
    for (const test of module.children.allTests()) {
      const name = `${path} > ${test.fullName}`
      const { state, note } = test.result()
      tally.played.push(...(test.meta().played ?? []).map((played) => ({ name, played })))
      if (state === 'passed') tally.passed += 1
      else if (state === 'skipped') tally.skipped.push({ name, reason: note })
      else tally.failed.push(name)
    }
  }
  return tally
}
