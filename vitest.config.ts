import { defineConfig } from 'vitest/config'
import { isDeep } from './tests/deep.js'

// Tests run on the sources: every package exports them under this private condition.
const sourceCondition = '@auroracoder/source'
/** They hold no stopwatch that another test beside them would spoil: two of them run at once. */
const steady = [
  'servers/files/src/{disk,edit,journal,panel,search,text,tools,view}/**/*.test.ts',
  'servers/kit/src/**/*.test.ts',
  'orchestrator/src/{cli,client,config,connect,context,demo,events,kept,loop,providers,scripted-model}/**/*.test.ts',
  'orchestrator/src/http/{access,routes,upload,workspace,provider-routes,openapi*,damage}.test.ts',
  'orchestrator/src/sessions/{branches,deliveries,full-disk,recovery,summary*,sessions}.test.ts',
  'orchestrator/src/sessions/{libsql,snapshots}/*.test.ts',
  'sandbox/src/{image,tunnel}/*.test.ts',
  'tests/*.test.ts',
  'tests/bench/{*,edit,living-state,orchestrator,releases,sources}/*.test.ts',
  'tests/e2e/{histories,living-state}.test.ts',
  'tests/e2e/files/*.test.ts',
]
/** More of them for a run that tries again what the others have slowed down. */
const timedWorkers = Number(process.env.AURORACODER_TEST_WORKERS ?? 1)
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
      project('steady', {
        include: steady,
        exclude: never,
        maxWorkers: 2,
        isolate: false,
        sequence: { groupOrder: 0 },
      }),
      project('timed', {
        include: all,
        exclude: [...never, ...steady],
        maxWorkers: timedWorkers,
        sequence: { groupOrder: 1 },
      }),
    ],
  },
})

function project(name: string, test: object) {
  return { extends: true as const, test: { name, ...test } }
}
