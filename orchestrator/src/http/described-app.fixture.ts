import { readFile } from 'node:fs/promises'
import { z } from 'zod'
import { createFolder, silent } from '../sessions/service.fixture.js'
import { type App, createApp } from './app.js'
import { createAuth } from './auth.js'
import { createStreamer } from './sse.js'

/** The app with every route that it can have, to look at and not to serve. */
export async function describedApp(): Promise<App> {
  const folder = await createFolder()
  const { sessions } = await folder.serve({ agent: unused })
  const version = await ownVersion()
  const app = createApp({
    sessions,
    auth: createAuth({ token: 'a-token-that-is-long-enough', now: Date.now }),
    streamer: createStreamer({ limits: { heartbeatMs: 1, stallMs: 1, reconnectMs: 1 }, onError: unused }),
    allowed: unused,
    toMessages: unused,
    catalog: { models: unused, tools: unused },
    files: { tree: unused, read: unused, remove: unused, diff: unused, upload: unused, download: unused },
    providers: { list: unused, put: unused, remove: unused, test: unused },
    settings: { view: unused, fixedBy: unused, patch: unused },
    version,
    log: silent,
  })
  await folder.dispose()
  return app
}

export async function ownVersion(): Promise<string> {
  const manifest = await readFile(new URL('../../package.json', import.meta.url), 'utf8')
  return z.object({ version: z.string() }).parse(JSON.parse(manifest)).version
}

function unused(): never {
  throw new Error('This app only describes itself.')
}
