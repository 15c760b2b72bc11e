import { dirname } from 'node:path'
import { fileURLToPath } from 'node:url'
import { PrepareFailure, prepare } from '../../orchestrator/bin/prepare.js'

const checkout = dirname(dirname(dirname(fileURLToPath(import.meta.url))))

try {
  // What is worn is what is built.
  await prepare({ quiet: true })
} catch (error) {
  if (!(error instanceof PrepareFailure)) throw error
  process.stderr.write(`${error.message}\n`)
  process.exit(2)
}

// There is no vite before the preparation.
const { runnerImport } = await import('vite')
const conditions = ['@auroracoder/source']
/** @type {{module: typeof import('./main.js')}} */
const { module } = await runnerImport(fileURLToPath(new URL('main.ts', import.meta.url)), {
  configFile: false,
  root: checkout,
  logLevel: 'error',
  resolve: { conditions },
  ssr: { resolve: { conditions } },
})
process.exitCode = await module.main(process.argv.slice(2))
