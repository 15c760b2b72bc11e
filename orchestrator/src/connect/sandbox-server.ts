import { connectStream } from '@auroracoder/kit/client'
import type { ExitReport, Sandbox, ServerName } from '@auroracoder/sandbox'
import { ServerDied, type StartedServer } from './server-link.js'

/** Many that start at once share the processors. */
export const serverStartMsMax = 60_000

export interface SandboxServerOptions {
  sandbox: Pick<Sandbox, 'connect'>
  server: ServerName
  clientInfo: { name: string; version: string }
}

/** One of our own servers, in a started sandbox. */
export async function startSandboxServer({
  sandbox,
  server,
  clientInfo,
}: SandboxServerOptions): Promise<StartedServer> {
  const { stream, exited } = await sandbox.connect(server)
  const ended = exited.then(howItEnded)
  try {
    const connection = await connectStream(stream, {
      clientInfo,
      revision: '2026-07-28',
      offersElicitation: true,
      timeoutMs: serverStartMsMax,
    })
    return { connection, ended }
  } catch (cause) {
    throw new ServerDied(`The ${server} server did not start: ${await ended}`, { cause })
  }
}

/** In one line: what has ended it, or the last of what it said, which is most often the reason. */
export function howItEnded({ exitCode, signal, stderr, reason }: ExitReport): string {
  if (reason !== undefined) return reason
  const how = signal !== null ? `signal ${signal}` : exitCode === null ? 'it could not be run' : `exit code ${exitCode}`
  const said = stderr.trim().split('\n').at(-1)
  return said ? `${how}, ${said}` : how
}
