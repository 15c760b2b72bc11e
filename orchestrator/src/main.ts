import { mkdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { Failure } from '@auroracoder/kit/jail'
import { createSandboxes, SandboxError, type Sandboxes, type Wish } from '@auroracoder/sandbox'
import { type Logger, pino } from 'pino'
import { z } from 'zod'
import { runCli } from './cli/cli.js'
import { exitCodes } from './cli/exit-codes.js'
import type { OpenOptions, Orchestrator } from './cli/orchestrator.js'
import { runCommand } from './cli/run.js'
import { sandboxCommand } from './cli/sandbox.js'
import { scriptedModelCommand } from './cli/scripted-model.js'
import { serveCommand } from './cli/serve.js'
import { startCommand } from './cli/start.js'
import { type Config, loadConfig, type Settings } from './config/config.js'
import { dockerSettings } from './config/container.js'
import { openSettings, type RunningSettings } from './config/kept-settings.js'
import { createWorkbenches, holdChanges, type Workbench, type Workbenches } from './connect/index.js'
import { buildSystemPrompt, isOfSession, type PanelPolicy, toMessages, workspaceNote } from './context/index.js'
import type { Agent } from './events/index.js'
import { type Catalog, createMetrics, createServer, loadToken } from './http/index.js'
import { createDailyLines, type DailyLines } from './kept/index.js'
import { decide, effectiveLimits, runLimits, runLoop } from './loop/index.js'
import { createProviders, type Model, ProviderFailure, type Providers, tracedModel } from './providers/index.js'
import {
  createSessions,
  createSnapshotKeeper,
  createWorkspaceFiles,
  type EventStore,
  lockInstance,
  makeDataFolder,
  openLibsqlStore,
  type Sessions,
  type SnapshotKeeper,
  type TurnSnapshots,
} from './sessions/index.js'

/** The one file that sees every room: it puts them together and hands the result to the commands. */
const version = await ownVersion()
const clientInfo = { name: 'auroracoder', version }
/** They note each change before they make it, and answer a call whose key they know with what it came to. */
const journallingServers: ReadonlySet<string> = new Set(['files'])

async function open({ settings: flags, env, recover, modelLater = false }: OpenOptions): Promise<Orchestrator> {
  const config = loadConfig({ flags, env, cwd: process.cwd() })
  const sandboxes = openSandboxes(config, env)
  // A service that may only use containers says at once that there are none.
  if (config.sandbox === 'docker') await sandboxes.choose('docker').catch(asFailure)
  const settings = await openSettings(config)
  const { dataDir, configured } = config
  const providers = await createProviders({ dataDir, env, configured, preferred: settings.current })
  const modelId = modelLater ? usableModel(providers)?.id : providers.modelFor().id
  await makeDataFolder(config.dataDir)
  const log = pino({ name: 'auroracoder', level: env.AURORACODER_LOG_LEVEL || 'warn' }, pino.destination(2))

  // A service takes its own sessions back at once when it starts again; a command in the terminal owns only its run.
  const name = config.instance
  const lock = recover === 'nothing' ? undefined : await lockInstance({ dataDir: config.dataDir, name })
  const owner = lock ? name : `terminal-${process.pid}-${Date.now()}`
  const metrics = createMetrics({ providerOf: (id) => providerOf(providers, id) })
  const file = await openLibsqlStore({
    file: join(config.dataDir, 'sessions.db'),
    now: Date.now,
    onDamaged: ({ sessionId, error }) => log.error({ err: error, sessionId }, 'a damaged session is left out'),
  })
  const store = metrics.watchStore(file)
  const workbenches = openWorkbenches({ config, env, sandboxes })
  const scratchRoot = scratchRootOf(config)
  const keeper = createSnapshotKeeper({ root: join(config.dataDir, 'snapshots'), env, apart: [config.dataDir] })
  const snapshots = heldStill(keeper, workbenches)
  const traces = config.trace ? openTraces(config, log) : undefined
  const agent = createAgent({ workbenches, providers, settings, config, traces })
  const kept = createSessions({
    store,
    agent,
    owner,
    scratchRoot,
    snapshots: turnSnapshots(snapshots),
    log,
    now: Date.now,
    observe: metrics.observe,
  })
  const sessions = withSandboxes(kept, { workbenches, sandboxes, log })
  const server: { close(): Promise<void> }[] = []

  return {
    config,
    sessions,
    modelId,
    whereToolsRun: async () => whereToolsRun(sandboxes),
    async listen() {
      const { token, file } = await loadToken({ dataDir: config.dataDir, given: env.AURORACODER_TOKEN })
      const http = createServer({
        sessions,
        token,
        version,
        log,
        metrics,
        now: Date.now,
        toMessages: (events) => {
          const { thinking, images } = usableModel(providers) ?? { thinking: true, images: true }
          return toMessages(events.filter(isOfSession), { thinking, images, panelPolicy: panelPolicyOf(settings) })
        },
        catalog: catalogOf({ workbenches, providers, config }),
        check: { model: providers.check },
        providers,
        settings,
        files: createWorkspaceFiles({ sessions, snapshots }),
      })
      await http.listen({ host: config.host, port: config.port })
      server.push(http)
      if (recover !== 'nothing') await sweepLeft({ sandboxes, store, log })
      if (recover !== 'nothing') await sessions.recover({ resume: recover === 'resume' })
      return { url: http.url, tokenFile: file, loginUrl: () => http.loginUrl() }
    },
    async close() {
      await Promise.all(server.map((http) => http.close()))
      await sessions.close()
      await workbenches.close()
      await traces?.close()
      await store.close()
      lock?.release()
    },
  }
}

/** The model that would run now; that there is none yet is no reason not to serve, or not to show a history. */
function usableModel(providers: Providers): Model | undefined {
  try {
    return providers.modelFor()
  } catch (error) {
    if (error instanceof ProviderFailure && error.code === 'no_key') return undefined
    throw error
  }
}

function panelPolicyOf(settings: RunningSettings): PanelPolicy {
  return settings.current().livingState ?? 'auto'
}

/**
 * Git reads the workspace on the host, with the rights of the service: whatever runs in the sandbox must not exchange a
 * folder for a link while it does.
 */
function heldStill(keeper: SnapshotKeeper, { frozen }: Workbenches): SnapshotKeeper {
  return {
    ...keeper,
    take: (session, seq) => frozen(session.id, () => keeper.take(session, seq)),
    restore: (session, moment) => frozen(session.id, () => keeper.restore(session, moment)),
    diff: (session, range, options) => frozen(session.id, () => keeper.diff(session, range, options)),
  }
}

/** What the sessions keep of their workspaces, in the words of their log. */
function turnSnapshots(keeper: SnapshotKeeper): TurnSnapshots {
  return {
    ...keeper,
    async restore(session, seq) {
      const { restoredCount, removedCount, untouched } = await keeper.restore(session, seq)
      return { restored: restoredCount, removed: removedCount, left: untouched }
    },
  }
}

/** For metrics, which want few names. */
function providerOf(providers: Providers, model: string): string {
  return providers.models().find(({ id }) => id === model)?.provider ?? 'other'
}

function openSandboxes(config: Config, env: OpenOptions['env']): Sandboxes {
  const { dataDir, instance, sandbox: driver, container } = config
  const docker = dockerSettings(container, env)
  try {
    return createSandboxes({ driver, env, dataDir, scratchRoot: scratchRootOf(config), instance, docker })
  } catch (error) {
    return asFailure(error)
  }
}

/** The workspaces of sessions that have none of their own. */
function scratchRootOf({ dataDir }: Config): string {
  return join(dataDir, 'scratch')
}

interface SweepParts {
  sandboxes: Sandboxes
  store: Pick<EventStore, 'find'>
  log: Logger
}

/** What a killed service has left may still run a command, which nothing may repeat beside it. */
async function sweepLeft({ sandboxes, store, log }: SweepParts): Promise<void> {
  try {
    const swept = await sandboxes.sweep(async (id) => (await store.find(id)) !== undefined)
    if (swept.containers.length > 0) log.warn(swept, 'sandboxes of a service that is gone were removed')
  } catch (err) {
    // No engine, no sandboxes; a session that needs one says so itself.
    log.info({ err }, 'nobody looked for sandboxes that were left behind')
  }
}

async function whereToolsRun(sandboxes: Sandboxes): Promise<string> {
  const choice = await sandboxes.choose('auto')
  if (choice.driver === 'docker') return 'in a hardened container for each session'
  return `as plain processes of this machine, which is no security boundary: the shell can do what you can (${choice.reason})`
}

interface WorkbenchParts {
  config: Config
  env: OpenOptions['env']
  sandboxes: Sandboxes
}

function openWorkbenches({ config, env, sandboxes }: WorkbenchParts): Workbenches {
  return createWorkbenches({
    foreign: { servers: config.mcpServers, env, credentialsDir: join(config.dataDir, 'credentials') },
    servers: config.toolServers,
    clientInfo,
    async createSandbox({ sessionId, workspace, sandbox }) {
      const { driver } = await sandboxes.choose(sandbox)
      return sandboxes.create({ sessionId, workspace, driver })
    },
  })
}

interface AgentOptions {
  workbenches: Workbenches
  providers: Providers
  settings: RunningSettings
  config: Config
  traces: DailyLines | undefined
}

/** What answers an input: the loop, with the session's tools and model. */
function createAgent({ workbenches, providers, settings, config, traces }: AgentOptions): Agent {
  return async function* agent(task) {
    const { sessionId, runId, workspace, sandbox: wish } = task
    const traced = (model: Model) =>
      traces ? tracedModel(model, (call) => traces.add({ sessionId, runId, ...call }), Date.now) : model
    const bench = await workbenches.open({ sessionId, workspace, sandbox: wish }).catch(asFailure)
    const { tools, sandbox } = bench
    const { isBoundary, surroundings } = sandbox
    const policy = task.approvals ?? config.approvals
    try {
      yield* runLoop(task, {
        model: traced(providers.modelFor(task.model)),
        secondaryModel: () => traced(providers.secondary()),
        tools: holdChanges(tools, task.keepWorkspace),
        panelPolicy: panelPolicyOf(settings),
        limits: effectiveLimits(runLimits, settings.current().limits),
        approve: ({ tool, args }) => decide({ policy, tool, args, readOnly: tool.isReadOnly(args), isBoundary }),
        isJournalled: ({ trusted, server }) => trusted && journallingServers.has(server),
        openNext: task.openNext,
        keepOutput: (output) => keepOutput(sandbox, output),
        opening: {
          system: (role) => buildSystemPrompt({ workspace: sandbox.workspace, instructions: tools.instructions, role }),
          workspace: () =>
            sandbox.frozen(() =>
              workspaceNote({ root: workspace, shownAs: sandbox.workspace, surroundings, nowMs: Date.now() }),
            ),
        },
      })
    } finally {
      bench.release()
    }
  }
}

/** The calls of models hold the conversations, so they are kept as privately as these. */
function openTraces({ dataDir }: Config, log: Logger): DailyLines {
  const onLost = (err: unknown) => log.warn({ err }, 'calls of models are not written to the trace')
  return createDailyLines({ folder: join(dataDir, 'traces'), now: Date.now, onLost })
}

/** Where the whole of an output that was cut can be read, by a command of the agent. */
async function keepOutput(
  sandbox: Workbench['sandbox'],
  { name, text }: { name: string; text: string },
): Promise<string> {
  const file = await sandbox.keep({ name: name.replace(/[^A-Za-z0-9_-]/g, '_'), text })
  return `all of it is in ${file}, which a command such as sed can show in parts`
}

/** What went wrong with the sandbox, such as a workspace that has gone, is the user's to mend and no bug. */
function asFailure(error: unknown): never {
  if (error instanceof SandboxError) throw new Failure(error.message, { cause: error })
  throw error
}

interface ToolsOptions {
  workbenches: Workbenches
  sandboxes: Sandboxes
  log: Logger
}

/**
 * What a session gets is decided when it begins. Its tools end with it, before its scratch folder goes; what they
 * remember of it goes last.
 */
function withSandboxes(sessions: Sessions, { workbenches, sandboxes, log }: ToolsOptions): Sessions {
  const driverOf = async (wish: Wish) => (await sandboxes.choose(wish).catch(asFailure)).driver
  return {
    ...sessions,
    create: async (session) => sessions.create({ ...session, sandbox: await driverOf(session.sandbox) }),
    // It may copy the workspace as it stands.
    fork: (id, request) => workbenches.frozen(id, () => sessions.fork(id, request)),
    async remove(id) {
      const { id: sessionId, workspace, sandbox } = await sessions.get(id)
      await workbenches.close(sessionId)
      await sessions.remove(id)
      // What cannot be removed now, the next start removes.
      const forgotten = async () => sandboxes.create({ sessionId, workspace, driver: await driverOf(sandbox) }).forget()
      await forgotten().catch((err: unknown) => log.warn({ err, sessionId }, 'a sandbox is left behind'))
    },
  }
}

interface CatalogOptions {
  workbenches: Workbenches
  providers: Providers
  config: Config
}

/** A session that is none: its tools are listed, and never called. */
const catalog = 'catalog'

function catalogOf({ workbenches, providers, config }: CatalogOptions): Catalog {
  return {
    models: async () => providers.models(),
    async tools() {
      const workspace = join(scratchRootOf(config), catalog)
      await mkdir(workspace, { recursive: true, mode: 0o700 })
      const bench = await workbenches.open({ sessionId: catalog, workspace, sandbox: 'auto' })
      try {
        return bench.tools.tools.map(({ name, description, server, inputSchema, isReadOnly }) => ({
          name,
          description,
          server,
          inputSchema,
          readOnly: isReadOnly({}),
        }))
      } finally {
        bench.release()
        await workbenches.close(catalog)
      }
    },
  }
}

async function ownVersion(): Promise<string> {
  const manifest = await readFile(new URL('../package.json', import.meta.url), 'utf8')
  return z.object({ version: z.string() }).parse(JSON.parse(manifest)).version
}

// A reader that went away is no reason to stop working.
process.stdout.on('error', () => {})

const world = {
  open,
  openSandboxes: (settings: Settings, env: OpenOptions['env']) =>
    openSandboxes(loadConfig({ flags: settings, env, cwd: process.cwd() }), env),
  env: process.env,
  cwd: process.cwd(),
}

try {
  const exitCode = await runCli(
    process.argv.slice(2),
    {
      serve: (args) => serveCommand(args, world),
      start: (args) => startCommand(args, world),
      run: (args) => runCommand(args, world),
      scriptedModel: scriptedModelCommand,
      sandbox: (args) => sandboxCommand(args, world),
    },
    version,
  )
  process.exit(exitCode)
} catch (error) {
  if (!(error instanceof Failure)) throw error
  process.stderr.write(`auroracoder: ${error.message}\n`)
  process.exit(exitCodes.usage)
}
