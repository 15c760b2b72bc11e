import { defineConfig } from 'vitest/config'
import { isDeep } from './tests/deep.js'

// Tests run on the sources: every package exports them under this private condition.
const sourceCondition = '@auroracoder/source'
/** They compute, and hold no stopwatch: two of them can run at once. */
const steady = [
  'servers/files/src/{disk,edit,journal,panel,search,text,tools,view}/**/*.test.ts',
  'orchestrator/src/{context,events,scripted-model}/**/*.test.ts',
  'orchestrator/src/sessions/snapshots/*.test.ts',
  'tests/bench/living-state/*.test.ts',
  'tests/e2e/{histories,living-state}.test.ts',
  'tests/e2e/files/*.test.ts',
]
const deepTimeoutMs = 3 * 60 * 60_000

const all = ['{servers,tests}/**/*.test.ts', '{orchestrator,sandbox,store}/src/**/*.test.ts']
const never = ['**/node_modules/**', '**/dist/**']

export default defineConfig({
  resolve: { conditions: [sourceCondition] },
  ssr: { resolve: { conditions: [sourceCondition] } },
  test: {
    setupFiles: ['tests/properties.setup.ts'],
    testTimeout: isDeep ? deepTimeoutMs : 20_000,
    tags: [
      {
        name: 'long',
        description: 'plays with chance on real files and processes',
        timeout: isDeep ? deepTimeoutMs : 180_000,
      },
    ],
    hookTimeout: 20_000,
    projects: [
      project('steady', { include: steady, exclude: never, maxWorkers: 2, sequence: { groupOrder: 0 } }),
      project('timed', { include: all, exclude: [...never, ...steady], maxWorkers: 1, sequence: { groupOrder: 1 } }),
    ],
  },
})

function project(name: string, test: object) {
  return { extends: true as const, test: { name, ...test } }
}
