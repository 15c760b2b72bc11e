import { randomUUID } from 'node:crypto'
import { readFile, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { Failure } from '@auroracoder/kit/jail'
import { createLocalSandbox, SandboxError } from '@auroracoder/sandbox'
import { type Logger, pino } from 'pino'
import { z } from 'zod'
import { runCli } from './cli/cli.js'
import { exitCodes } from './cli/exit-codes.js'
import type { OpenOptions, Orchestrator } from './cli/orchestrator.js'
import { runCommand } from './cli/run.js'
import { scriptedModelCommand } from './cli/scripted-model.js'
import { serveCommand } from './cli/serve.js'
import { startCommand } from './cli/start.js'
import { type Config, loadConfig } from './config/config.js'
import { openSettings, type RunningSettings } from './config/kept-settings.js'
import { createWorkbenches, holdChanges, type Workbenches } from './connect/index.js'
import { buildSystemPrompt, isOfSession, type PanelPolicy, toMessages, workspaceNote } from './context/index.js'
import type { Agent } from './events/index.js'
import { type Catalog, createMetrics, createServer, loadToken } from './http/index.js'
import { createDailyLines, type DailyLines, writePrivate } from './kept/index.js'
import { decide, effectiveLimits, runLimits, runLoop } from './loop/index.js'
import { createProviders, type Model, ProviderFailure, type Providers, tracedModel } from './providers/index.js'
import {
  createSessions,
  createSnapshotKeeper,
  createWorkspaceFiles,
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
  if (config.sandbox === 'docker') throw new Failure('The docker sandbox is not there yet. Use --sandbox local.')
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
  const workbenches = openWorkbenches(config, env)
  const scratchRoot = join(config.dataDir, 'scratch')
  const snapshots = createSnapshotKeeper({ root: join(config.dataDir, 'snapshots'), env, apart: [config.dataDir] })
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
  const sessions = withWorkbenches(kept, { workbenches, dataDir: config.dataDir })
  const server: { close(): Promise<void> }[] = []

  return {
    config,
    sessions,
    modelId,
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

function openWorkbenches(config: Config, env: OpenOptions['env']): Workbenches {
  return createWorkbenches({
    foreign: { servers: config.mcpServers, env, credentialsDir: join(config.dataDir, 'credentials') },
    servers: config.toolServers,
    clientInfo,
    createSandbox: ({ sessionId, workspace }) =>
      createLocalSandbox({ workspace, stateDir: serverState(config.dataDir, sessionId), env }),
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
    const { sessionId, runId, workspace } = task
    const traced = (model: Model) =>
      traces ? tracedModel(model, (call) => traces.add({ sessionId, runId, ...call }), Date.now) : model
    const bench = await workbenches.open({ sessionId, workspace }).catch(asFailure)
    const { tools, isBoundary } = bench
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
        keepOutput: (output) => keepOutput(join(serverState(config.dataDir, sessionId), 'outputs'), output),
        opening: {
          system: (role) => buildSystemPrompt({ workspace, instructions: tools.instructions, role }),
          workspace: () =>
            workspaceNote({ root: workspace, platform: `${process.platform} ${process.arch}`, nowMs: Date.now() }),
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
async function keepOutput(folder: string, { name, text }: { name: string; text: string }): Promise<string> {
  const file = join(folder, `${name.replace(/[^A-Za-z0-9_-]/g, '_')}-${randomUUID()}.txt`)
  await writePrivate(file, text)
  return `all of it is in ${file}, which a command such as sed can show in parts`
}

/** What went wrong with the sandbox, such as a workspace that has gone, is the user's to mend and no bug. */
function asFailure(error: unknown): never {
  if (error instanceof SandboxError) throw new Failure(error.message, { cause: error })
  throw error
}

/** Where the tool servers keep what they remember of a session. */
function serverState(dataDir: string, sessionId: string): string {
  return join(dataDir, 'servers', sessionId)
}

interface ToolsOptions {
  workbenches: Workbenches
  dataDir: string
}

/** A session's tools end with it, before its scratch folder goes; what they remember of it goes last. */
function withWorkbenches(sessions: Sessions, { workbenches, dataDir }: ToolsOptions): Sessions {
  return {
    ...sessions,
    async remove(id) {
      const session = await sessions.get(id)
      await workbenches.close(id)
      await sessions.remove(id)
      await rm(serverState(dataDir, session.id), { recursive: true, force: true })
    },
  }
}

interface CatalogOptions {
  workbenches: Workbenches
  providers: Providers
  config: Config
}

function catalogOf({ workbenches, providers, config }: CatalogOptions): Catalog {
  return {
    models: async () => providers.models(),
    async tools() {
      const bench = await workbenches.open({ sessionId: 'catalog', workspace: config.dataDir })
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
        await workbenches.close('catalog')
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

const world = { open, env: process.env, cwd: process.cwd() }

try {
  const exitCode = await runCli(
    process.argv.slice(2),
    {
      serve: (args) => serveCommand(args, world),
      start: (args) => startCommand(args, world),
      run: (args) => runCommand(args, world),
      scriptedModel: scriptedModelCommand,
    },
    version,
  )
  process.exit(exitCode)
} catch (error) {
  if (!(error instanceof Failure)) throw error
  process.stderr.write(`auroracoder: ${error.message}\n`)
  process.exit(exitCodes.usage)
}
