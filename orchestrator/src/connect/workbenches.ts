import { setTimeout } from 'node:timers/promises'
import type { Sandbox, ServerName, Wish } from '@auroracoder/sandbox'
import { connectForeignServers, type ForeignServersOptions } from './foreign-tools.js'
import { connectSandboxTools } from './sandbox-tools.js'
import { joinTools, type SessionTools } from './session-tools.js'
import type { ToolSet } from './tool-set.js'

export interface WorkbenchKey {
  sessionId: string
  /** An existing directory of the host. */
  workspace: string
  sandbox: Wish
}

/** The tools of a session, held until they are released. */
export interface Workbench {
  readonly tools: ToolSet
  readonly sandbox: Pick<Sandbox, 'isBoundary' | 'surroundings' | 'workspace' | 'keep' | 'frozen'>
  release(): void
}

/** Each session's sandbox with its tool servers: started at the first use, stopped when idle for long. */
export interface Workbenches {
  /** Rejects when the sandbox or one of its servers does not start; the next call tries again. */
  open(key: WorkbenchKey): Promise<Workbench>
  /** Does the work while nothing in the session's sandbox can move; at once where it has none. */
  frozen<T>(sessionId: string, work: () => Promise<T>): Promise<T>
  /** Stops one session's sandbox, or all of them; also those in use. */
  close(sessionId?: string): Promise<void>
}

export interface WorkbenchesOptions {
  createSandbox(key: WorkbenchKey): Promise<Sandbox>
  servers: readonly ServerName[]
  /** Servers that are not ours; they run on the host, for each session apart. */
  foreign?: Pick<ForeignServersOptions, 'servers' | 'env' | 'credentialsDir' | 'waitMs'>
  clientInfo: { name: string; version: string }
  pauseMs?: number
  idleMs?: number
  idleMax?: number
}

/** A session without a run takes no processor time after this long; what it has running waits. */
export const workbenchPauseMs = 10 * 60_000
/** A background server that the agent started lives this long after the session's last run. */
export const workbenchIdleMs = 30 * 60_000
/** To close what is open, a server gets this long. */
export const closeMsMax = 4_000
/** Each holds two processes; beyond this many the one that was idle longest is stopped. */
export const idleWorkbenchesMax = 8

interface Bench {
  ready: Promise<{ sandbox: Sandbox; tools: SessionTools }>
  users: number
  idle: NodeJS.Timeout[]
}

export function createWorkbenches(options: WorkbenchesOptions): Workbenches {
  const benches = new Map<string, Bench>()
  const { pauseMs = workbenchPauseMs, idleMs = workbenchIdleMs, idleMax = idleWorkbenchesMax } = options

  const stop = async (sessionId: string): Promise<void> => {
    const bench = benches.get(sessionId)
    if (!bench) return
    benches.delete(sessionId)
    keepAwake(bench)
    const { sandbox, tools } = await bench.ready
    if (sandbox.canPause) await sandbox.resume().catch(() => {})
    const closed = tools.close()
    // Servers that cannot hear that they are to end, as in a container that somebody has paused, end with their sandbox.
    await Promise.race([closed, setTimeout(closeMsMax, undefined, { ref: false })])
    await sandbox.stop()
    await closed
  }

  const benchOf = (key: WorkbenchKey): Bench => {
    const known = benches.get(key.sessionId)
    if (known) return known
    const bench: Bench = { ready: start(key, options), users: 0, idle: [] }
    benches.set(key.sessionId, bench)
    bench.ready.catch(() => benches.delete(key.sessionId))
    return bench
  }

  return {
    async open(key) {
      const bench = benchOf(key)
      keepAwake(bench)
      bench.users += 1
      let isHeld = true
      const release = (): void => {
        if (!isHeld) return
        isHeld = false
        bench.users -= 1
        if (bench.users > 0) return
        bench.idle = [after(pauseMs, () => pause(bench)), after(idleMs, () => stop(key.sessionId))]
        // A Map keeps the order of insertion: the last one to be released comes last.
        if (benches.delete(key.sessionId)) benches.set(key.sessionId, bench)
        const idle = [...benches].filter(([, { users }]) => users === 0).map(([id]) => id)
        for (const id of idle.slice(0, Math.max(idle.length - idleMax, 0))) quietly(stop(id))
      }
      try {
        const { sandbox, tools } = await bench.ready
        if (sandbox.canPause) await sandbox.resume()
        return { tools, sandbox, release }
      } catch (error) {
        release()
        keepAwake(bench)
        throw error
      }
    },
    async frozen(sessionId, work) {
      const ready = await benches.get(sessionId)?.ready.catch(() => undefined)
      return ready ? ready.sandbox.frozen(work) : work()
    },
    async close(sessionId) {
      const ids = sessionId === undefined ? [...benches.keys()] : [sessionId]
      await Promise.allSettled(ids.map(stop))
    },
  }
}

function after(ms: number, work: () => Promise<void>): NodeJS.Timeout {
  return globalThis.setTimeout(() => quietly(work()), ms).unref()
}

/** What cannot be stopped now, as while the engine is away, is swept by the next service. */
function quietly(work: Promise<void>): void {
  work.catch(() => {})
}

function keepAwake({ idle }: Bench): void {
  for (const timer of idle) clearTimeout(timer)
}

async function pause({ ready }: Bench): Promise<void> {
  const { sandbox } = await ready
  if (sandbox.canPause) await sandbox.pause()
}

async function start(
  key: WorkbenchKey,
  { createSandbox, servers, foreign, clientInfo }: WorkbenchesOptions,
): Promise<{ sandbox: Sandbox; tools: SessionTools }> {
  const sandbox = await createSandbox(key)
  try {
    await sandbox.start()
    const others = foreign && connectForeignServers({ ...foreign, workspace: key.workspace, clientInfo })
    try {
      const own = await connectSandboxTools({ sandbox, servers, sessionId: key.sessionId, clientInfo })
      return { sandbox, tools: joinTools(own, await others) }
    } catch (error) {
      await (await others)?.close()
      throw error
    }
  } catch (error) {
    await sandbox.stop()
    throw error
  }
}
