import { createDemoWorkspace, demoScript, demoTask } from '../demo/index.js'
import { createScriptedModel } from '../scripted-model/index.js'
import { type ExitCode, exitCodes } from './exit-codes.js'
import type { Listening, Orchestrator, World } from './orchestrator.js'
import { showTask } from './run.js'
import { announce, type ServeArguments } from './serve.js'
import { endingSignal, endWithParent, untilAborted } from './until-signal.js'

/** So that a person can read along. */
const demoDelayMs = 12

/** Serves the API; where no model is configured, a scripted one shows what the product does, and stays. */
export async function startCommand(args: ServeArguments, world: World): Promise<ExitCode> {
  const ending = endWithParent(endingSignal())
  const isDemo = !world.env.DEEPSEEK_API_KEY && !world.env.DEEPSEEK_BASE_URL
  const model = isDemo ? await createScriptedModel({ script: demoScript, delayMs: demoDelayMs }) : undefined
  const env = model ? { ...world.env, DEEPSEEK_BASE_URL: model.url } : world.env
  try {
    const orchestrator = await world.open({ settings: args.settings, env, recover: args.resume ? 'resume' : 'leave' })
    try {
      const listening = await orchestrator.listen()
      announce(listening, orchestrator, args.json)
      if (isDemo) await demonstrate({ orchestrator, listening, ending, env, json: args.json })
      await untilAborted(ending)
      return exitCodes.completed
    } finally {
      await orchestrator.close()
    }
  } finally {
    await model?.close()
  }
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
  const session = await sessions.create({ workspace: null, title: 'Demonstration', sandbox: config.sandbox })
  await createDemoWorkspace(session.workspace)
  if (!json) {
    process.stdout.write('\nNo DEEPSEEK_API_KEY is set: a scripted model shows one task on a scratch workspace.\n\n')
  }
  await showTask(orchestrator, { task: demoTask, session, json, ending, env })
  if (json || ending.aborted) return
  const authorization = `Authorization: Bearer $(cat '${listening.tokenFile ?? '/path/to/your/token'}')`
  const lines = [
    'The service stays up. Replay what happened:',
    `  curl -N -H "${authorization}" ${listening.url}/v1/sessions/${session.id}/events`,
    'Set DEEPSEEK_API_KEY and start again to give it work of your own. Ctrl-C ends it.',
  ]
  process.stdout.write(`\n${lines.join('\n')}\n`)
}
