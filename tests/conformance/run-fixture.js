import { fileURLToPath } from 'node:url'
import { runnerImport } from 'vite'

/** Starts the fixture server from its sources, with the flags of a server of the kit. */
const root = fileURLToPath(new URL('../..', import.meta.url))
const server = fileURLToPath(new URL('./fixture-server.ts', import.meta.url))
const resolve = { conditions: ['@auroracoder/source'] }
const { module } = await runnerImport(server, { configFile: false, root, logLevel: 'error', resolve, ssr: { resolve } })
await module.main()
