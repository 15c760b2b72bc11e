import type { Container } from 'dockerode'
import { engineFailure } from './engine.js'

/** A terminal of this machine, such as `process.stdin` and `process.stdout`. */
export interface Terminal {
  input: NodeJS.ReadStream
  output: NodeJS.WriteStream
}

export interface ShellOptions {
  container: Container
  /** `uid:gid` */
  user: string
  isRoot: boolean
  cwd: string
  terminal: Terminal
}

/** Root neither runs what the agent has put into its home folder, nor leaves anything there. */
export const rootEnv = { HOME: '/root', PATH: '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin' }

/** Opens a shell inside on this terminal, and settles with its exit code. */
export async function openShell({ container, user, isRoot, cwd, terminal }: ShellOptions): Promise<number> {
  const { input, output } = terminal
  const exec = await container
    .exec({
      Cmd: ['/bin/bash', '-l'],
      User: user,
      WorkingDir: cwd,
      Env: [
        `TERM=${process.env.TERM || 'xterm-256color'}`,
        ...(isRoot ? Object.entries(rootEnv).map((each) => each.join('=')) : []),
      ],
      Tty: true,
      AttachStdin: true,
      AttachStdout: true,
      AttachStderr: true,
    })
    .catch((cause: unknown) => {
      throw engineFailure('A shell cannot be opened in the sandbox', cause)
    })
  const socket = await exec.start({ hijack: true, stdin: true, Tty: true })
  const resize = (): void => void exec.resize({ h: output.rows, w: output.columns }).catch(() => {})
  if (output.isTTY) resize()
  output.on('resize', resize)
  if (input.isTTY) input.setRawMode(true)
  input.pipe(socket)
  try {
    socket.pipe(output, { end: false })
    await new Promise<void>((settle) =>
      socket
        .once('close', settle)
        .once('end', settle)
        .once('error', () => settle()),
    )
  } finally {
    output.off('resize', resize)
    input.unpipe(socket)
    input.pause()
    if (input.isTTY) input.setRawMode(false)
  }
  const { ExitCode } = await exec.inspect()
  return ExitCode ?? 0
}
