import { existsSync } from 'node:fs'
import { mkdir, writeFile } from 'node:fs/promises'
import { homedir } from 'node:os'
import { dirname, join } from 'node:path'
import type { World } from '../benchmark.js'
import { homeOf, type StartServer } from './start-server.js'
import { type StartedServer, startToolServer } from './tool-server.js'

/** A server of somebody else that does the same work; exact versions, so that numbers can be compared. */
export interface Peer {
  readonly packageName: string
  readonly version: string
  readonly entry: string
  start(place: { entry: string; root: string }): Promise<StartedServer>
}

export const filesystemPeer: Peer = {
  packageName: '@modelcontextprotocol/server-filesystem',
  version: '2026.8.31',
  entry: 'dist/index.js',
  start: ({ entry, root }) => startToolServer({ command: process.execPath, args: [entry, root], cwd: root }),
}

export const desktopCommanderPeer: Peer = {
  packageName: '@wonderwhy-er/desktop-commander',
  version: '0.2.52',
  entry: 'dist/index.js',
  async start({ entry, root }) {
    const home = homeOf(root)
    await prepareDesktopCommanderHome(home, root)
    return startToolServer({
      command: process.execPath,
      args: [entry, '--no-onboarding'],
      // What it would fetch at its start is asked of a port that nobody listens on.
      env: { HOME: home, DESKTOP_COMMANDER_DISABLE_TELEMETRY: '1', DC_FLAG_URL: 'http://127.0.0.1:9/' },
      cwd: root,
    })
  },
}

export const peers: readonly Peer[] = [filesystemPeer, desktopCommanderPeer]

/** No MCP server but an agent with an HTTP API; the orchestrator's benchmark starts it. */
export const opencodePackage = { packageName: 'opencode-ai', version: '1.18.33' } as const

/** Everything that is installed for comparison. */
export const peerPackages: readonly Pick<Peer, 'packageName' | 'version'>[] = [...peers, opencodePackage]

/** `undefined` where it is not installed. */
export function startPeer(peer: Peer, { env }: World): StartServer | undefined {
  const entry = join(peersFolder(env), 'node_modules', peer.packageName, peer.entry)
  return existsSync(entry) ? (root) => peer.start({ entry, root }) : undefined
}

/** What a person is told who sees no peer in the tables. */
export function aloneNote({ env }: World): string {
  return `No peer is installed in ${peersFolder(env)}: ours ran alone. npm run bench -- install-peers installs them.`
}

/** Outside of the checkout: the product does not depend on them. The name changes with the versions. */
export function peersFolder(env: NodeJS.ProcessEnv): string {
  if (env.AURORACODER_BENCH_FIXTURES) return env.AURORACODER_BENCH_FIXTURES
  const cache = env.XDG_CACHE_HOME ?? join(homedir(), '.cache')
  return join(cache, 'auroracoder-bench', peerPackages.map(({ version }) => version).join('-'))
}

/** A home in which it finds its settings and, since it would download one else, a browser. */
async function prepareDesktopCommanderHome(home: string, root: string): Promise<void> {
  const folder = join(home, '.claude-server-commander')
  const browser = join(folder, 'puppeteer-cache/chrome/none/chrome-linux64/chrome')
  await mkdir(dirname(browser), { recursive: true })
  await writeFile(browser, '')
  const settings = {
    allowedDirectories: [root],
    telemetryEnabled: false,
    welcomeOnboardingEligible: false,
    pendingWelcomeOnboarding: false,
  }
  await writeFile(join(folder, 'config.json'), JSON.stringify(settings))
}
