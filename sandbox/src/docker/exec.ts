import { Duplex, PassThrough, pipeline, Writable } from 'node:stream'
import type { Container, Exec } from 'dockerode'
import { engineFailure } from './engine.js'
import { createUnframer } from './frames.js'
import type { Gate } from './gate.js'
import type { User } from './users.js'

export interface ExecOptions {
  command: readonly [string, ...string[]]
  user: User
  cwd: string
  env?: Readonly<Record<string, string>>
}

/** By its full path: the agent may have put a program of that name in the way. */
export const shell = '/bin/sh'

/** Node reads them at its start, which takes a program that opens no TLS 60 ms for nothing. */
export const withoutCertificates = { NODE_EXTRA_CA_CERTS: '' }

/** A process inside whose standard streams are ours. Closing its stdin does not end it, unless it wants to. */
export interface InnerProcess {
  /** Its stdout and stdin. */
  readonly stream: Duplex
  /** Settles once the streams have ended. The exit code is null when the engine could not say. */
  readonly ended: Promise<{ exitCode: number | null; stderr: string }>
  onStderr(listener: (text: string) => void): void
}

/** 128 and SIGKILL, as a shell says it. */
export const killedExitCode = 137
const stderrCharsMax = 4_000
/** A connection that nobody uses any more is cut after this time. */
const closeMsMax = 5_000
/** The engine knows of the end of a process a moment after its streams have ended. */
const startPolls = { countMax: 400, everyMs: 25 }
const exitPolls = { countMax: 40, everyMs: 25 }

/** A container that runs, and what keeps starts in it and pauses of it apart. */
export interface Inside {
  readonly container: Container
  readonly gate: Gate
}

/** Starts a program in a container that runs. */
export async function startInside({ container, gate }: Inside, options: ExecOptions): Promise<InnerProcess> {
  return gate.pass(async () => {
    const { exec, result } = await start(container, options)
    return { result, settled: hasStarted(exec) }
  })
}

async function start(container: Container, options: ExecOptions): Promise<{ exec: Exec; result: InnerProcess }> {
  const { command, user, cwd, env = {} } = options
  const exec = await container.exec({
    Cmd: [...command],
    User: `${user.uid}:${user.gid}`,
    WorkingDir: cwd,
    Env: Object.entries(env).map(([name, value]) => `${name}=${value}`),
    AttachStdin: true,
    AttachStdout: true,
    AttachStderr: true,
  })
  const socket = await exec.start({ hijack: true, stdin: true })
  const listeners = new Set<(text: string) => void>()
  let stderr = ''
  const stdout = createUnframer((bytes) => {
    const text = bytes.toString('utf8')
    stderr = (stderr + text).slice(-stderrCharsMax)
    for (const tell of listeners) tell(text)
  })
  const streamsEnded = new Promise<void>((settle) => pipeline(socket, stdout, () => settle()))
  const stream = Duplex.from({ readable: drained(stdout), writable: halfClosing(socket) })
  // Whoever reads the stream learns of its end; an error of the connection says no more.
  stream.on('error', () => {})
  const result: InnerProcess = {
    stream,
    ended: streamsEnded.then(async () => ({ exitCode: await exitCodeOf(exec), stderr })),
    onStderr: (listener) => void listeners.add(listener),
  }
  return { exec, result }
}

/** The engine answers before it has started the process. */
async function hasStarted(exec: Exec): Promise<void> {
  for (let poll = 0; poll < startPolls.countMax; poll += 1) {
    const { Pid, ExitCode } = await exec.inspect()
    if (Pid > 0 || ExitCode !== null) return
    await new Promise((resolve) => setTimeout(resolve, startPolls.everyMs))
  }
}

/** What nobody reads any more is dropped, so that the program can end. */
function drained(stdout: Duplex): PassThrough {
  const read = stdout.pipe(new PassThrough())
  read.once('close', () => stdout.resume())
  return read
}

/** However it is closed, the program sees the end of its stdin; of a connection that was cut the engine tells it nothing. */
function halfClosing(socket: Duplex): Writable {
  return new Writable({
    write: (chunk: Buffer, encoding, done) => void socket.write(chunk, encoding, done),
    final: (done) => void socket.end(done),
    destroy(error, done) {
      socket.end()
      // A program that reads nothing never sees that end; the engine would wait for it.
      setTimeout(() => socket.destroy(), closeMsMax).unref()
      done(error)
    },
  })
}

async function exitCodeOf(exec: Exec): Promise<number | null> {
  for (let poll = 0; poll < exitPolls.countMax; poll += 1) {
    const state = await exec.inspect().catch(() => undefined)
    if (!state) return null
    if (!state.Running) return state.ExitCode
    await new Promise((resolve) => setTimeout(resolve, exitPolls.everyMs))
  }
  return null
}

export interface CollectOptions extends ExecOptions {
  stdin?: string
  outputBytesMax: number
}

/** Runs a program that ends by itself soon. */
export async function runInside(
  inside: Inside,
  { stdin, outputBytesMax, ...options }: CollectOptions,
): Promise<{ exitCode: number | null; stdout: string; stderr: string }> {
  const inner = await startInside(inside, options).catch((cause: unknown) => {
    throw engineFailure(`${options.command[0]} cannot be run in the sandbox`, cause)
  })
  inner.stream.end(stdin)
  const stdout = await collect(inner.stream, outputBytesMax)
  const { exitCode, stderr } = await inner.ended
  return { exitCode, stdout, stderr }
}

/** All that the stream brings, as text. What comes after the limit is read, so that the program can end, and dropped. */
export async function collect(stream: Duplex, bytesMax: number): Promise<string> {
  const chunks: Buffer[] = []
  let length = 0
  stream.on('data', (chunk: Buffer) => {
    if (length < bytesMax) chunks.push(chunk.subarray(0, bytesMax - length))
    length += chunk.length
  })
  await new Promise<void>((settle) => stream.once('close', settle).once('end', settle))
  return Buffer.concat(chunks).toString('utf8')
}
