import { fileURLToPath } from 'node:url'
import { describe, expect, it } from 'vitest'
import { startHttpServer } from '../e2e/servers/http-server.js'
import { missingPrograms } from '../programs.js'
import { clientNotPassed, serverNotPassed } from './not-passed.js'
import { type Check, notPassed, runClientSuite, runSuite } from './suite.js'

const missing = missingPrograms('conformance')
const suiteTimeoutMs = 180_000

const program = (name: string): string => fileURLToPath(new URL(name, import.meta.url))

/** With those that are run and not required. */
const clientScenarios = { '2025-11-25': 25, '2026-07-28': 39 }
const serverScenarios = { '2025-11-25': 33, '2026-07-28': 50 }

describe('the whole MCP conformance suite', { timeout: suiteTimeoutMs }, () => {
  it.for(Object.entries(clientScenarios))(
    "is passed by the orchestrator's client, %s",
    async ([revision, count], context) => {
      if (missing) context.skip(missing)
      const command = `${process.execPath} ${program('./client-program.js')}`
      expectPassed(await runClientSuite(command, revision), { count, except: clientNotPassed[revision] ?? {} })
    },
  )

  it.for(Object.entries(serverScenarios))(
    'is passed by a server on the kit, %s',
    async ([revision, count], context) => {
      if (missing) context.skip(missing)
      const server = await startHttpServer({ bin: program('./run-fixture.js') })
      try {
        expectPassed(await runSuite(server.url, revision), { count, except: serverNotPassed[revision] ?? {} })
      } finally {
        await server.stop()
      }
    },
  )
})

interface Expected {
  count: number
  except: Readonly<Record<string, string>>
}

/** Fails too for a scenario that is passed and still listed as one that is not. */
function expectPassed(found: ReadonlyMap<string, readonly Check[]>, { count, except }: Expected): void {
  const failing = notPassed(found)
  const surprises = [...failing].filter(([scenario]) => !Object.hasOwn(except, scenario))
  expect(surprises).toEqual([])
  expect(Object.keys(except).filter((scenario) => !failing.has(scenario))).toEqual([])
  expect(found.size).toBe(count)
}
