import { existsSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { loadEnvFile } from 'node:process'
import { fileURLToPath } from 'node:url'
import { PrepareFailure, prepare } from './prepare.js'

const checkout = dirname(dirname(dirname(fileURLToPath(import.meta.url))))
const args = process.argv.slice(2)
const namesCommand = args[0] !== undefined && !args[0].startsWith('-')

try {
  // Whoever runs one command wants its output, not the build's.
  await prepare({ quiet: namesCommand })
} catch (error) {
  if (!(error instanceof PrepareFailure)) throw error
  process.stderr.write(`${error.message}\n`)
  process.exit(2)
}

const envFile = join(checkout, '.env')
if (existsSync(envFile)) loadEnvFile(envFile)
// npm changes to the checkout; paths on the command line are meant from where it was called.
process.chdir(process.env.INIT_CWD ?? process.cwd())
process.argv.splice(2, args.length, ...(namesCommand ? args : ['start', ...args]))
await import('../dist/main.js')
