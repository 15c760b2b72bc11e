import { readdirSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

/** `1` lets the tests that play with chance, or wear something out, go on for long. */
export const deepVariable = 'AURORACODER_TEST_DEEP'
/** What chance begins with: a whole number. */
export const seedVariable = 'AURORACODER_TEST_SEED'

export const isDeep = process.env[deepVariable] === '1'
/** Undefined: whatever each test takes. */
export const seed = parseSeed(process.env[seedVariable])

const root = dirname(dirname(fileURLToPath(import.meta.url)))
const folders = ['servers', 'orchestrator', 'sandbox', 'tests']
/** They play with chance, or do more of the same in a deep run. */
const goesDeep = /from '(?:fast-check|.*\/(?:played|deep)\.js)'/

/** The test files that a deep run is made of. */
export function deepFiles() {
  return folders
    .flatMap((folder) => readdirSync(join(root, folder), { recursive: true }).map((name) => join(folder, String(name))))
    .filter((path) => path.endsWith('.test.ts') && !path.includes('node_modules'))
    .filter((path) => goesDeep.test(readFileSync(join(root, path), 'utf8')))
}

/** @param {string | undefined} text */
function parseSeed(text) {
  if (text === undefined) return undefined
  const parsed = Number(text)
  if (!Number.isInteger(parsed)) throw new Error(`${seedVariable} must be a whole number, not "${text}".`)
  return parsed
}
