import { beforeAll, describe, expect, it } from 'vitest'
import { startHttpServer } from '../e2e/servers/http-server.js'
import { servers } from '../e2e/servers/servers.js'
import { missingPrograms } from '../programs.js'
import { checksOfOptionalFeatures, checksThatNeedFixtures, scenariosByRevision } from './scenarios.js'
import { type Check, runSuite } from './suite.js'

const missing = missingPrograms('conformance')
const revisions = Object.entries(scenariosByRevision)

describe.each(servers)('the $name server, by the MCP conformance suite', ({ bin }) => {
  describe.each(revisions)('%s', (revision, scenarios) => {
    let found: ReadonlyMap<string, readonly Check[]>

    beforeAll(async () => {
      if (missing) return
      const server = await startHttpServer({ bin })
      try {
        found = await runSuite(server.url, revision)
      } finally {
        await server.stop()
      }
    }, 60_000)

    it.for(scenarios)('passes %s', (scenario, context) => {
      if (missing) context.skip(missing)
      const checks = found.get(scenario) ?? []
      expect(checks.filter((check) => !isFine(check))).toEqual([])
      // A scenario in which nothing was checked has not been passed.
      expect(checks.map(({ status }) => status)).toContain('SUCCESS')
    })
  })
})

function isFine({ id, status }: Check): boolean {
  if (checksThatNeedFixtures.has(id)) return true
  if (status === 'SKIPPED') return checksOfOptionalFeatures.has(id)
  return status === 'SUCCESS' || status === 'INFO'
}
