import fc from 'fast-check'
import { isDeep, seed, seedVariable } from './deep.js'
import { tellPlayed } from './played.js'

// How often and from where every property of every test file is run; one whose runs are slow takes a share of it.
fc.configureGlobal({
  numRuns: isDeep ? 20_000 : 1_000,
  ...(seed !== undefined && { seed }),
  reporter(details) {
    tellPlayed({ seed: details.seed, count: `${details.numRuns} runs` })
    if (!details.failed) return
    const again = `${seedVariable}=${details.seed} plays this again.`
    throw new Error(`${fc.defaultReportMessage(details)}\n\n${again}`, { cause: details.errorInstance })
  },
})
