import type { PanelRead } from '@auroracoder/kit/client'
import {
  type Connection,
  type RemoteCall,
  type RemoteResult,
  ServerSilent,
  untilAborted,
} from '@auroracoder/kit/client'
import type { PanelReadResult } from '@auroracoder/kit/wire'

/** A tool server that is started again when it has died. */
export interface ServerLink {
  readonly server: string
  /** The connection that is there, or a new one. */
  connection(): Promise<Connection>
  callTool(call: RemoteCall): Promise<RemoteResult>
  /** Starts a server that has died for it: reading changes nothing. */
  readPanel(read: PanelRead): Promise<PanelReadResult>
  /** Settles when a call that was aborted has really stopped, or nobody can tell; a server that hangs is given up. */
  callSettled(key: string): Promise<void>
  close(): Promise<void>
}

export interface StartedServer {
  connection: Connection
  /** Settles when the server is gone for good, with how it ended. */
  ended: Promise<string>
}

export interface ServerLinkOptions {
  /** As the user knows it. */
  server: string
  /**
   * Rejects with `ServerDied` when the server does not start, and when it is aborted before it has; nothing of it is
   * left behind then.
   */
  start(signal: AbortSignal): Promise<StartedServer>
}

/** The server did not start, or ended while it worked on a call; what the call did before is unknown. */
export class ServerDied extends Error {
  override readonly name = 'ServerDied'
}

export function createServerLink({ server, start }: ServerLinkOptions): ServerLink {
  let current: Promise<StartedServer> | undefined
  const closing = new AbortController()

  const live = (): Promise<StartedServer> => {
    if (closing.signal.aborted) throw new ServerDied(`The ${server} server has been stopped.`)
    current ??= open().catch((error: unknown) => {
      current = undefined
      throw error
    })
    return current
  }

  async function open(): Promise<StartedServer> {
    const started = await start(closing.signal)
    void started.connection.closed.then(() => {
      current = undefined
    })
    return started
  }

  return {
    server,
    connection: async () => (await live()).connection,
    async callTool(call) {
      const { connection, ended } = await untilAborted(live(), call.signal)
      try {
        return await connection.callTool(call)
      } catch (error) {
        // Whatever comes next would wait as long: closing ends the server, and the next call starts another.
        if (error instanceof ServerSilent) await connection.close()
        if (call.signal.aborted || !(await isClosedNow(connection))) throw error
        throw new ServerDied(`The ${server} server ended during the call: ${await ended}`, { cause: error })
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
      closing.abort(new ServerDied(`The ${server} server has been stopped.`))
      const opened = await current?.catch(() => undefined)
      await opened?.connection.close()
      await opened?.ended
    },
  }
}

/** A broken pipe reaches the call before the connection has noticed. */
async function isClosedNow(connection: Connection): Promise<boolean> {
  const turn = new Promise<boolean>((resolve) => setImmediate(() => resolve(false)))
  return Promise.race([connection.closed.then(() => true), turn])
}
