import { randomUUID } from 'node:crypto'
import { join, resolve } from 'node:path'
import { networkProgram, serverCommand, stateDir } from '../image/layout.js'
import type { Denial } from '../network/broker.js'
import { describePolicy } from '../network/describe-policy.js'
import { createIngress } from '../network/ingress.js'
import { type ExecRequest, type ExecResult, type Sandbox, SandboxError, type ServerProcess } from '../sandbox.js'
import { engineFailure, explainEngine, isMissing } from './engine.js'
import { collect, killedExitCode, runInside, shell, startInside, withoutCertificates } from './exec.js'
import { startInnerServer } from './inner-server.js'
import { type LaunchOptions, type LiveContainer, launch, stateVolume } from './launch.js'
import { keepContainer } from './live.js'
import { createNotes } from './notes.js'
import { rootEnv } from './terminal.js'

export interface DockerOptions extends Omit<LaunchOptions, 'onOutOfMemory' | 'network'> {
  network: Omit<LaunchOptions['network'], 'onDenied' | 'onFailed'>
}

interface Where {
  cwd: string
  root?: boolean
  env?: Readonly<Record<string, string>>
}

const execOutputBytesMax = 1024 * 1024
const keepOutputBytesMax = 10_000
/** The engine tells that memory was used up a moment after the process has ended. */
const outOfMemoryNoticeMs = 300

/** One hardened container with the tool servers inside, for one workspace. */
export function createDockerSandbox(options: DockerOptions): Sandbox {
  const notes = createNotes()
  const kept = keepContainer({ launch: () => launch(launchOptions), onRestart: noteRestart })
  const launchOptions: LaunchOptions = {
    ...options,
    network: { ...options.network, onDenied: noteDenial, onFailed: noteFailure },
    onOutOfMemory: noteMemory,
  }
  const ingress = createIngress({ openStream: openIngress })
  let workspace = resolve(options.workspace)
  let processes = 0
  let isIdle = false
  let freezers = 0
  let freezing: Promise<void> | undefined

  function noteRestart(reason: string): void {
    notes.add(
      `The sandbox was started again because ${reason}. What ran in it has ended, and everything outside the workspace is as at the beginning.`,
    )
  }

  function noteDenial({ reason }: Denial): void {
    notes.add(`A connection was refused: ${reason}`)
  }

  function noteFailure({ reason }: Denial): void {
    notes.add(`A connection could not be made: ${reason}`)
  }

  function noteMemory(bytesMax: number): void {
    const mebibytes = Math.round(bytesMax / 1024 ** 2)
    notes.add(
      `A process was killed because the memory of the sandbox, ${mebibytes} MiB for everything in it, was used up.`,
    )
  }

  async function openIngress() {
    const { inside, agent } = await kept.live()
    const inner = await startInside(inside, {
      command: networkProgram('ingress'),
      user: agent,
      cwd: '/',
      env: withoutCertificates,
    })
    return inner.stream
  }

  /** A container in which no process can be started, as when a command has taken all of them, is replaced once. */
  async function startProcess(
    what: string,
    begin: (live: LiveContainer) => Promise<ServerProcess>,
  ): Promise<ServerProcess> {
    const first = await kept.live()
    try {
      return await begin(first)
    } catch (error) {
      const reason = (await first.ending()) ?? `it could not start ${what} (${explainEngine(error)})`
      const next = await kept.replace(first, reason)
      return begin(next).catch((cause: unknown) => {
        throw engineFailure(`${what} cannot be started in the sandbox`, cause)
      })
    }
  }

  function run(name: string, command: readonly [string, ...string[]], where: Where) {
    processes += 1
    const unique = `${name}-${processes}`
    return startProcess(name, (live) =>
      startInnerServer(live.inside, {
        name: unique,
        command,
        user: where.root ? { uid: 0, gid: 0 } : live.agent,
        cwd: where.cwd,
        ...(where.env && { env: where.env }),
        reasonOf: live.ending,
        giveUp: () => kept.replace(live, `${name} in it could not be ended`),
      }),
    )
  }

  async function exec({ command, cwd = '.', root = false, signal }: ExecRequest): Promise<ExecResult> {
    if (root && options.profile !== 'dev') {
      throw new SandboxError('Commands as root need a sandbox of the profile dev; this one is hardened.')
    }
    signal?.throwIfAborted()
    await (await kept.live()).egress.ready()
    const { stream, exited } = await run(command[0].replace(/[^A-Za-z0-9]/g, '_'), command, {
      cwd: resolve(workspace, cwd),
      root,
      ...(root && { env: rootEnv }),
    })
    const abort = (): void => void stream.destroy()
    signal?.addEventListener('abort', abort, { once: true })
    try {
      stream.end()
      const stdout = await collect(stream, execOutputBytesMax)
      const { exitCode, stderr } = await exited
      signal?.throwIfAborted()
      return { exitCode, stdout, stderr }
    } finally {
      signal?.removeEventListener('abort', abort)
    }
  }

  /** It is frozen as long as somebody wants it to be. One that does not run needs no freezing. */
  async function freeze(): Promise<void> {
    freezers += 1
    // Whoever comes second waits for the first: until then everything inside still moves.
    freezing ??= kept.running().then((running) => running?.pause())
    await freezing
  }

  async function thaw(): Promise<void> {
    freezers -= 1
    if (freezers > 0) return
    freezing = undefined
    const running = await kept.running()
    // Where that fails, the next process that is to be started in it fails too, and it is replaced.
    await running?.resume().catch(() => {})
  }

  async function stop(): Promise<void> {
    try {
      await ingress.close()
    } finally {
      await kept.close()
    }
  }

  return {
    driver: 'docker',
    isBoundary: true,
    canPause: true,
    get workspace() {
      return workspace
    },
    surroundings: {
      platform: `linux ${process.arch}, a container of Debian 12`,
      rules: [
        'Only the workspace, /tmp and the home folder can be written; what is outside of the workspace is lost when the sandbox ends.',
        describePolicy(options.network.policy),
      ],
    },
    async start() {
      workspace = (await kept.live()).workspace
    },
    async connect(server) {
      const command = serverCommand(server)
      const args = ['--root', workspace, '--state', join(stateDir, server)]
      // Only commands use the network; what they get of their server's environment holds the certificates.
      if (server !== 'shell') return run(server, [...command, ...args], { cwd: workspace, env: withoutCertificates })
      const { egress } = await kept.live()
      const [started] = await Promise.all([run(server, [...command, ...args], { cwd: workspace }), egress.ready()])
      return started
    },
    exec,
    async keep({ name, text }) {
      const { inside, agent } = await kept.live()
      const file = join(stateDir, 'kept', `${name}-${randomUUID()}.txt`)
      const { exitCode, stderr } = await runInside(inside, {
        command: [shell, '-c', 'mkdir -p -m 700 -- "$(dirname -- "$0")" && cat >"$0"', file],
        user: agent,
        cwd: '/',
        stdin: text,
        outputBytesMax: keepOutputBytesMax,
      })
      if (exitCode !== 0) throw new SandboxError(`${file} cannot be written in the sandbox: ${stderr.trim()}`)
      return file
    },
    async notes(exitCode) {
      const taken = notes.take()
      if (exitCode !== killedExitCode || taken.length > 0) return taken
      await notes.next(outOfMemoryNoticeMs)
      return notes.take()
    },
    async snapshot(name) {
      const { container } = await kept.live()
      const image = { repo: 'auroracoder-snapshot', tag: name }
      await container.commit(image).catch((cause: unknown) => {
        throw engineFailure('The sandbox cannot be kept as an image', cause)
      })
      return `${image.repo}:${image.tag}`
    },
    async pause() {
      if (isIdle) return
      isIdle = true
      await freeze()
    },
    async resume() {
      if (!isIdle) return
      isIdle = false
      await thaw()
    },
    async frozen(work) {
      try {
        await freeze()
        return await work()
      } finally {
        await thaw()
      }
    },
    port: (inside) => ingress.open(inside),
    stop,
    async forget() {
      await stop()
      const docker = await options.engine()
      await docker
        .getVolume(stateVolume(options))
        .remove()
        .catch((cause: unknown) => {
          if (!isMissing(cause)) throw engineFailure('What the sandbox remembers cannot be removed', cause)
        })
    },
  }
}
