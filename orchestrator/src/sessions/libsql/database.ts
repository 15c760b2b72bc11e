import { pathToFileURL } from 'node:url'
import { Worker } from 'node:worker_threads'

/** A SQLite file. Its requests are done one after the other, by a thread that can wait for the disk. */
export interface Database {
  execute(statement: Statement): Promise<Result>
  /** All of them in one transaction, or none. */
  batch(statements: readonly Statement[]): Promise<readonly Result[]>
  /** After what was asked for before. */
  close(): Promise<void>
}

export interface Statement {
  readonly sql: string
  readonly args?: readonly Value[]
}

export type Value = string | number | null

export interface Result {
  readonly rows: readonly Row[]
  readonly rowsAffected: number
}

export type Row = Readonly<Record<string, unknown>>

/** What SQLite says against a statement, or a file; `code` is its name for it, such as `SQLITE_FULL`. */
export class DatabaseError extends Error {
  override readonly name = 'DatabaseError'
  readonly code: string

  constructor({ code, message }: { code: string; message: string }) {
    super(message)
    this.code = code
  }
}

/** What the thread is sent. */
export type Request =
  | { readonly kind: 'single'; readonly id: number; readonly statements: readonly [Sent] }
  | { readonly kind: 'batch'; readonly id: number; readonly statements: readonly Sent[] }
  | { readonly kind: 'close' }

type Sent = { readonly sql: string; readonly args: Value[] }

/** What it answers. */
export type Reply = { readonly id: number } & (
  | { readonly results: readonly Result[] }
  | { readonly refused: { readonly code: string; readonly message: string } }
  | { readonly broken: unknown }
)

interface Waiting {
  resolve(results: readonly Result[]): void
  reject(error: unknown): void
}

interface DatabaseOptions {
  file: string
  /** Another process may hold the file's write lock this long before a request fails. */
  busyTimeoutMs: number
}

/**
 * The driver is synchronous and an append waits for the disk, so that on the thread of the service every append of one
 * session would hold up the streams of all others.
 */
export function openDatabase({ file, busyTimeoutMs }: DatabaseOptions): Database {
  const thread = new Worker(new URL('./database-thread.js', import.meta.url), {
    workerData: { url: pathToFileURL(file).href, busyTimeoutMs },
    // The flags that this process was started with are not meant for it.
    execArgv: [],
  })
  const waiting = new Map<number, Waiting>()
  let lastId = 0
  let gone: DatabaseError | undefined
  const end = (reason: DatabaseError) => {
    gone ??= reason
    for (const { reject } of waiting.values()) reject(gone)
    waiting.clear()
  }
  const send = (request: Request) => {
    // The thread keeps the process alive while it has something to do.
    thread.ref()
    thread.postMessage(request)
  }

  thread.unref()
  thread.on('message', (reply: Reply) => {
    const one = waiting.get(reply.id)
    waiting.delete(reply.id)
    if (waiting.size === 0) thread.unref()
    if ('results' in reply) one?.resolve(reply.results)
    else one?.reject('refused' in reply ? new DatabaseError(reply.refused) : reply.broken)
  })
  thread.once('error', ({ message }) => end(new DatabaseError({ code: threadEnded, message })))
  const exited = new Promise<void>((resolve) => {
    thread.once('exit', () => {
      end(closed())
      resolve()
    })
  })

  const ask = (request: (id: number) => Request) =>
    new Promise<readonly Result[]>((resolve, reject) => {
      if (gone) return reject(gone)
      lastId += 1
      waiting.set(lastId, { resolve, reject })
      send(request(lastId))
    })

  return {
    async execute(statement) {
      const [result] = await ask((id) => ({ kind: 'single', id, statements: [sent(statement)] }))
      if (!result) throw new Error('The database answered a statement without a result.')
      return result
    },
    batch: (statements) => ask((id) => ({ kind: 'batch', id, statements: statements.map(sent) })),
    async close() {
      if (!gone) {
        gone = closed()
        send({ kind: 'close' })
      }
      await exited
    },
  }
}

/** Of every request to a database that is closed, or whose thread broke. */
export const threadEnded = 'THREAD_ENDED'

function closed(): DatabaseError {
  return new DatabaseError({ code: threadEnded, message: 'the database is closed' })
}

function sent({ sql, args = [] }: Statement): Sent {
  return { sql, args: [...args] }
}
