import { Failure } from '@auroracoder/kit/jail'
import { createDemoWorkspace, demoScript, demoTask } from '../demo/index.js'
import { createScriptedModel } from '../scripted-model/index.js'
import { type ExitCode, exitCodes } from './exit-codes.js'
import type { Listening, Orchestrator, World } from './orchestrator.js'
import { showTask } from './run.js'
import { announce, type ServeArguments } from './serve.js'
import { endingSignal, endWithParent, started, untilAborted } from './until-signal.js'

/** So that a person can read along. */
const demoDelayMs = 12

/** Serves the API; where no model is configured, a scripted one shows what the product does, and stays. */
export async function startCommand(args: ServeArguments, world: World): Promise<ExitCode> {
  const ending = endWithParent(endingSignal())
  const options = { settings: args.settings, recover: args.resume ? 'resume' : 'leave' } as const
  const real = await started(world.open({ ...options, env: world.env }).catch(withoutKey), ending)
  if (real !== undefined) return stayUp(real, { ending, json: args.json })

  const model = await createScriptedModel({ script: demoScript, delayMs: demoDelayMs })
  const env = { ...world.env, DEEPSEEK_BASE_URL: model.url, AURORACODER_MODEL: 'deepseek-flash' }
  try {
    const orchestrator = await started(world.open({ ...options, env }), ending)
    const show = (listening: Listening) => demonstrate({ orchestrator, listening, ending, env, json: args.json })
    return await stayUp(orchestrator, { ending, json: args.json, show })
  } finally {
    await model.close()
  }
}

interface StayOptions {
  ending: AbortSignal
  json: boolean
  /** Shown once the service listens. */
  show?: (listening: Listening) => Promise<void>
}

async function stayUp(orchestrator: Orchestrator, { ending, json, show }: StayOptions): Promise<ExitCode> {
  try {
    const listening = await started(orchestrator.listen(), ending)
    await announce(listening, orchestrator, json)
    await show?.(listening)
    await untilAborted(ending)
    return exitCodes.completed
  } finally {
    await orchestrator.close()
  }
}

/** Where no provider has a key there is a demonstration; any other failure stands. */
function withoutKey(error: unknown): undefined {
  if (error instanceof Failure && 'code' in error && error.code === 'no_key') return undefined
  throw error
}

interface Demonstration {
  orchestrator: Orchestrator
  listening: Listening
  ending: AbortSignal
  env: World['env']
  json: boolean
}

async function demonstrate({ orchestrator, listening, ending, env, json }: Demonstration): Promise<void> {
  const { sessions, config } = orchestrator
  const session = await sessions.create({
    workspace: null,
    title: 'Demonstration',
    sandbox: config.sandbox,
    // Every call of it stands in this package's script.
    approvals: { rules: [], default: 'allow' },
  })
  await createDemoWorkspace(session.workspace)
  if (!json) {
    process.stdout.write(
      '\nNo provider of models has a key: a scripted model shows one task on a scratch workspace.\n\n',
    )
  }
  await showTask(orchestrator, { task: demoTask, session, json, ending, env })
  if (json || ending.aborted) return
  const authorization = `Authorization: Bearer $(cat '${listening.tokenFile ?? '/path/to/your/token'}')`
  const lines = [
    'The service stays up. Replay what happened:',
    `  curl -N -H "${authorization}" ${listening.url}/v1/sessions/${session.id}/events`,
    'Set DEEPSEEK_API_KEY, or the key of another provider (.env.example), and start again to give it work of your own. Ctrl-C ends it.',
  ]
  process.stdout.write(`\n${lines.join('\n')}\n`)
}
