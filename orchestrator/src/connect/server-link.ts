import {
  type Connection,
  connectStream,
  type PanelRead,
  type RemoteCall,
  type RemoteResult,
  ServerSilent,
} from '@auroracoder/kit/client'
import type { PanelReadResult } from '@auroracoder/kit/wire'
import type { ExitReport, Sandbox, ServerName } from '@auroracoder/sandbox'

/** A tool server of the sandbox that is started again when it has died. */
export interface ServerLink {
  readonly server: ServerName
  /** The connection that is there, or a new one. */
  connection(): Promise<Connection>
  callTool(call: RemoteCall): Promise<RemoteResult>
  /** Starts a server that has died for it: reading changes nothing. */
  readPanel(read: PanelRead): Promise<PanelReadResult>
  /** Settles when a call that was aborted has really stopped, or nobody can tell; a server that hangs is given up. */
  callSettled(key: string): Promise<void>
  close(): Promise<void>
}

export interface ServerLinkOptions {
  sandbox: Pick<Sandbox, 'connect'>
  server: ServerName
  clientInfo: { name: string; version: string }
}

/** The server ended while it worked on a call; what the call did before is unknown. */
export class ServerDied extends Error {
  override readonly name = 'ServerDied'
}

interface Live {
  connection: Connection
  exited: Promise<ExitReport>
}

export function createServerLink({ sandbox, server, clientInfo }: ServerLinkOptions): ServerLink {
  let current: Promise<Live> | undefined
  let isClosed = false

  const live = (): Promise<Live> => {
    if (isClosed) throw new ServerDied(`The ${server} server has been stopped.`)
    current ??= open().catch((error: unknown) => {
      current = undefined
      throw error
    })
    return current
  }

  async function open(): Promise<Live> {
    const { stream, exited } = await sandbox.connect(server)
    try {
      const connection = await connectStream(stream, { clientInfo, revision: '2026-07-28' })
      void connection.closed.then(() => {
        current = undefined
      })
      return { connection, exited }
    } catch (cause) {
      throw new ServerDied(`The ${server} server did not start: ${lastLine(await exited)}`, { cause })
    }
  }

  return {
    server,
    connection: async () => (await live()).connection,
    async callTool(call) {
      const { connection, exited } = await live()
      try {
        return await connection.callTool(call)
      } catch (error) {
        // Whatever comes next would wait as long: closing ends the server, and the next call starts another.
        if (error instanceof ServerSilent) await connection.close()
        if (call.signal.aborted || !(await isClosedNow(connection))) throw error
        throw new ServerDied(`The ${server} server ended during the call: ${lastLine(await exited)}`, { cause: error })
      }
    },
    async readPanel(read) {
      const { connection } = await live()
      try {
        return await connection.readPanel(read)
      } catch (error) {
        if (!(await isClosedNow(connection))) throw error
        return (await live()).connection.readPanel(read)
      }
    },
    async callSettled(key) {
      const opened = await current?.catch(() => undefined)
      if (opened && !(await opened.connection.callSettled(key))) await opened.connection.close()
    },
    async close() {
      isClosed = true
      const opened = await current?.catch(() => undefined)
      await opened?.connection.close()
      await opened?.exited
    },
  }
}

/** A broken pipe reaches the call before the connection has noticed. */
async function isClosedNow(connection: Connection): Promise<boolean> {
  const turn = new Promise<boolean>((resolve) => setImmediate(() => resolve(false)))
  return Promise.race([connection.closed.then(() => true), turn])
}

function lastLine({ exitCode, signal, stderr }: ExitReport): string {
  const how = signal === null ? `exit code ${exitCode}` : `signal ${signal}`
  const said = stderr.trim().split('\n').at(-1)
  return said ? `${how}, ${said}` : how
}
