import type { Container } from 'dockerode'
import { explainEngine, hasAnswered, isMissing } from './engine.js'
import { killedExitCode } from './exec.js'

/** Why a container no longer runs, as a clause; undefined while it does. */
export async function endingOf(container: Container): Promise<string | undefined> {
  try {
    const { State } = await container.inspect()
    if (State.Running) return undefined
    if (State.OOMKilled) return 'its container was ended because it was out of memory'
    if (State.ExitCode === killedExitCode) return 'its container was killed or removed'
    return `its container was stopped (exit code ${State.ExitCode})`
  } catch (error) {
    if (isMissing(error)) return 'its container was removed'
    if (hasAnswered(error)) return `the Docker engine refused: ${explainEngine(error)}`
    return `the Docker engine does not answer (${explainEngine(error)})`
  }
}
