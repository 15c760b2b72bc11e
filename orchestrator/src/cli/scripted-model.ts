import { createScriptedModel, loadScript, ScriptError } from '../scripted-model/index.js'
import { type ExitCode, exitCodes } from './exit-codes.js'
import { endingSignal, untilAborted } from './until-signal.js'

export interface ScriptedModelArguments {
  script: string
  port: number
  delayMs: number
  json: boolean
}

/** Plays a script as an OpenAI-compatible endpoint until it is told to end. */
export async function scriptedModelCommand(args: ScriptedModelArguments): Promise<ExitCode> {
  const ending = endingSignal()
  try {
    const model = await createScriptedModel({
      script: await loadScript(args.script),
      port: args.port,
      delayMs: args.delayMs,
    })
    const ready = { ready: true, url: model.url, pid: process.pid }
    process.stdout.write(args.json ? `${JSON.stringify(ready)}\n` : `The scripted model answers at ${model.url}\n`)
    await untilAborted(ending)
    await model.close()
    return exitCodes.completed
  } catch (error) {
    if (!(error instanceof ScriptError) && !isListenError(error)) throw error
    process.stderr.write(`auroracoder: ${error.message}\n`)
    return exitCodes.usage
  }
}

function isListenError(error: unknown): error is Error {
  return error instanceof Error && 'syscall' in error && error.syscall === 'listen'
}
