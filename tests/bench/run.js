import { checkout, importSource } from '../run-source.js'

/** @type {typeof import('./main.js')} */
const { main } = await importSource(new URL('main.ts', import.meta.url))
// npm changes to the checkout; paths on the command line are meant from where it was called.
process.exitCode = await main(process.argv.slice(2), {
  checkout,
  folder: process.env.INIT_CWD ?? process.cwd(),
  env: process.env,
  say: (line) => void process.stderr.write(`${line}\n`),
  print: (text) => void process.stdout.write(text),
})
