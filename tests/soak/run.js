import { importSource } from '../run-source.js'

/** @type {typeof import('./main.js')} */
const { main } = await importSource(new URL('main.ts', import.meta.url))
process.exitCode = await main(process.argv.slice(2))
