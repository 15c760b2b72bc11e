import { dirname } from 'node:path'
import { fileURLToPath } from 'node:url'
import { PrepareFailure, prepare } from '../orchestrator/bin/prepare.js'

export const checkout = dirname(dirname(fileURLToPath(import.meta.url)))

/**
 * A module of the sources, once everything is installed and built: what it starts is what is built. Where that fails,
 * the process ends with 2.
 *
 * @param {URL} url
 */
export async function importSource(url) {
  try {
    await prepare({ quiet: true })
  } catch (error) {
    if (!(error instanceof PrepareFailure)) throw error
    process.stderr.write(`${error.message}\n`)
    process.exit(2)
  }
  // There is no vite before the preparation.
  const { runnerImport } = await import('vite')
  const conditions = ['@auroracoder/source']
  const { module } = await runnerImport(fileURLToPath(url), {
    configFile: false,
    root: checkout,
    logLevel: 'error',
    resolve: { conditions },
    ssr: { resolve: { conditions } },
  })
  return module
}
