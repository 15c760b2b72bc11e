import { readFile, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { Failure } from '@auroracoder/kit/jail'
import { createLocalSandbox, SandboxError } from '@auroracoder/sandbox'
import { pino } from 'pino'
import { z } from 'zod'
import { runCli } from './cli/cli.js'
import { exitCodes } from './cli/exit-codes.js'
import type { OpenOptions, Orchestrator } from './cli/orchestrator.js'
import { runCommand } from './cli/run.js'
import { scriptedModelCommand } from './cli/scripted-model.js'
import { serveCommand } from './cli/serve.js'
import { startCommand } from './cli/start.js'
import { type Config, loadConfig } from './config/config.js'
import { createWorkbenches, type Workbenches } from './connect/index.js'
import { buildSystemPrompt, type PanelPolicy, toMessages, workspaceNote } from './context/index.js'
import type { Agent } from './events/index.js'
import { type Catalog, createServer, loadToken } from './http/index.js'
import { runLoop } from './loop/index.js'
import { builtInProviders, chooseModel, createModel, type Model, type Provider } from './providers/index.js'
import {
  createSessions,
  createSnapshotKeeper,
  createWorkspaceFiles,
  lockInstance,
  makeDataFolder,
  openLibsqlStore,
  type Sessions,
  type SnapshotKeeper,
} from './sessions/index.js'

/** The one file that sees every room: it puts them together and hands the result to the commands. */
const version = await ownVersion()
const clientInfo = { name: 'auroracoder', version }
const toolServers = ['files', 'shell'] as const
const instanceName = 'default'

async function open({ settings, env, recover }: OpenOptions): Promise<Orchestrator> {
  const config = loadConfig({ flags: settings, env, cwd: process.cwd() })
  if (config.sandbox === 'docker') throw new Failure('The docker sandbox is not there yet. Use --sandbox local.')
  const providers = builtInProviders(env)
  const modelFor = (id?: string): Model =>
    createModel({ choice: chooseModel({ ...asked(id ?? config.model), providers, env }) })
  const model = modelFor()
  await makeDataFolder(config.dataDir)
  const log = pino({ name: 'auroracoder', level: env.AURORACODER_LOG_LEVEL || 'warn' }, pino.destination(2))

  // A service takes its own sessions back at once when it starts again; a command in the terminal owns only its run.
  const lock = recover === 'nothing' ? undefined : await lockInstance({ dataDir: config.dataDir, name: instanceName })
  const owner = lock ? instanceName : `terminal-${process.pid}-${Date.now()}`
  const store = await openLibsqlStore({ file: join(config.dataDir, 'sessions.db'), now: Date.now })
  const workbenches = openWorkbenches(config, env)
  const scratchRoot = join(config.dataDir, 'scratch')
  const agent = createAgent({ workbenches, modelFor, panelPolicy: config.livingState })
  const kept = createSessions({ store, agent, owner, scratchRoot, log, now: Date.now })
  const snapshots = createSnapshotKeeper({ root: join(config.dataDir, 'snapshots'), env, apart: [config.dataDir] })
  const sessions = withWorkbenches(kept, { workbenches, snapshots, dataDir: config.dataDir })
  const server: { close(): Promise<void> }[] = []

  return {
    config,
    sessions,
    modelId: model.id,
    async listen() {
      const { token, file } = await loadToken({ dataDir: config.dataDir, given: env.AURORACODER_TOKEN })
      const http = createServer({
        sessions,
        token,
        version,
        log,
        now: Date.now,
        toMessages: (events) =>
          toMessages(events, { thinking: model.thinking, images: model.images, panelPolicy: config.livingState }),
        files: createWorkspaceFiles({ sessions, snapshots }),
        catalog: catalogOf({ workbenches, providers, model, config }),
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
      store.close()
      lock?.release()
    },
  }
}

function asked(model: string | undefined): { model?: string } {
  return model === undefined ? {} : { model }
}

function openWorkbenches(config: Config, env: OpenOptions['env']): Workbenches {
  return createWorkbenches({
    servers: toolServers,
    clientInfo,
    createSandbox: ({ sessionId, workspace }) =>
      createLocalSandbox({ workspace, stateDir: serverState(config.dataDir, sessionId), env }),
  })
}

interface AgentOptions {
  workbenches: Workbenches
  panelPolicy: PanelPolicy
  modelFor(id?: string): Model
}

/** What answers an input: the loop, with the session's tools and model. */
function createAgent({ workbenches, panelPolicy, modelFor }: AgentOptions): Agent {
  return async function* agent({ sessionId, runId, workspace, history, signal, model }) {
    const bench = await workbenches.open({ sessionId, workspace }).catch(asFailure)
    const { tools } = bench
    try {
      yield* runLoop(
        { runId, history, signal },
        {
          model: modelFor(model),
          tools,
          panelPolicy,
          opening: {
            system: () => buildSystemPrompt({ workspace, instructions: tools.instructions }),
            workspace: () =>
              workspaceNote({ root: workspace, platform: `${process.platform} ${process.arch}`, nowMs: Date.now() }),
          },
        },
      )
    } finally {
      bench.release()
    }
  }
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
  snapshots: SnapshotKeeper
  dataDir: string
}

/** A session's tools end with it, before its scratch folder goes; what they remember of it goes last. */
function withWorkbenches(sessions: Sessions, { workbenches, snapshots, dataDir }: ToolsOptions): Sessions {
  return {
    ...sessions,
    async remove(id) {
      const session = await sessions.get(id)
      await workbenches.close(id)
      await sessions.remove(id)
      await snapshots.remove(session.id)
      await rm(serverState(dataDir, session.id), { recursive: true, force: true })
    },
  }
}

interface CatalogOptions {
  workbenches: Workbenches
  providers: readonly Provider[]
  model: Model
  config: Config
}

function catalogOf({ workbenches, providers, model, config }: CatalogOptions): Catalog {
  return {
    models: async () =>
      providers.flatMap((provider) =>
        provider.models.map(({ id, contextTokens, outputTokensMax }) => ({
          id,
          provider: provider.id,
          contextTokens,
          outputTokensMax,
          default: id === model.id,
        })),
      ),
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
