import type { Settings } from '../config/config.js'
import { type ExitCode, exitCodes } from './exit-codes.js'
import type { Listening, Orchestrator, World } from './orchestrator.js'
import { endingSignal, started, untilAborted } from './until-signal.js'

export interface ServeArguments {
  json: boolean
  resume: boolean
  settings: Settings
}

/** Serves the API until the process is told to end. */
export async function serveCommand(args: ServeArguments, { open, env }: World): Promise<ExitCode> {
  const ending = endingSignal()
  const recover = args.resume ? 'resume' : 'leave'
  const opening = open({ settings: args.settings, env, recover, modelLater: true })
  const orchestrator = await started(opening, ending)
  try {
    const listening = await started(orchestrator.listen(), ending)
    await announce(listening, orchestrator, args.json)
    await untilAborted(ending)
    return exitCodes.completed
  } finally {
    await orchestrator.close()
  }
}

/** The first line of stdout; a program reads it as JSON instead of guessing when the service is ready. */
export async function announce(
  listening: Listening,
  { modelId, whereToolsRun }: Orchestrator,
  json: boolean,
): Promise<void> {
  const { url, tokenFile } = listening
  if (json) {
    process.stdout.write(`${JSON.stringify({ ready: true, url, tokenFile, pid: process.pid })}\n`)
    return
  }
  const lines = [
    `AuroraCoder listens on ${url} (model: ${modelId ?? 'none yet; give a provider its key with PUT /v1/providers/{id}'})`,
    `  token:       ${tokenFile ?? 'as given by AURORACODER_TOKEN'}`,
    `  log in once: ${listening.loginUrl()}`,
    `  tools:       ${await whereToolsRun()}`,
  ]
  process.stdout.write(`${lines.join('\n')}\n`)
}
