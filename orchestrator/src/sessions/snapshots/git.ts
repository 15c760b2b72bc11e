import { execFile, spawn } from 'node:child_process'
import { stat } from 'node:fs/promises'
import { SessionFailure } from '../failure.js'
import { type BlobReader, readBlobs } from './blobs.js'
import { gitOutputBytesMax, gitTimeoutMs } from './limits.js'

export interface GitPlace {
  workspace: string
  gitDir: string
  /** Only PATH is taken from it: no variable of the user's git leads ours elsewhere. */
  env: Readonly<Record<string, string | undefined>>
}

export interface GitOutput {
  bytes: Buffer
  /** The output was longer than asked for. */
  cut: boolean
}

/**
 * Git on our own repository. Output is text whose characters are bytes (latin1), since paths need not be text. Every
 * failure is a `SessionFailure`: git missing, too slow, out of space, or what it says itself.
 */
export interface Git {
  run(args: readonly string[], input?: string): Promise<string>
  /** The first `bytesMax` of what it prints. */
  head(args: readonly string[], bytesMax: number): Promise<GitOutput>
  blobs(): BlobReader
}

export function createGit(place: GitPlace): Git {
  const options = { cwd: place.workspace, env: gitEnv(place), timeout: gitTimeoutMs }

  const execute = (args: readonly string[], bytesMax: number, input?: string) =>
    new Promise<GitOutput>((resolve, reject) => {
      const limits = { ...options, maxBuffer: bytesMax, encoding: 'buffer' as const }
      const child = execFile('git', [...settings, ...args], limits, (error, stdout, stderr) => {
        if (error === null) resolve({ bytes: stdout, cut: false })
        else if (error.code === 'ERR_CHILD_PROCESS_STDIO_MAXBUFFER') resolve({ bytes: stdout, cut: true })
        else
          explain(error, {
            stderr: stderr.toString(),
            command: args.find((arg) => /^[a-z]+(-[a-z]+)*$/.test(arg)) ?? '',
            place,
          }).then(reject, reject)
      })
      // A git that ends early says why on stderr; that it reads no more is no news.
      child.stdin?.on('error', () => {})
      child.stdin?.end(Buffer.from(input ?? '', 'latin1'))
    })

  return {
    async run(args, input) {
      const { bytes, cut } = await execute(args, gitOutputBytesMax, input)
      if (cut)
        throw unavailable(`git ${args[0]} printed more than ${gitOutputBytesMax} bytes: ${place.workspace} is too big.`)
      return bytes.toString('latin1')
    },
    head: (args, bytesMax) => execute(args, bytesMax),
    blobs: () => readBlobs(() => spawn('git', [...settings, 'cat-file', '--batch'], { ...options, timeout: 0 })),
  }
}

/** Neither the user's configuration nor hooks take part, and names and bytes are taken as they are. */
const settings = Object.entries({
  'core.hooksPath': '/dev/null',
  'core.excludesFile': '/dev/null',
  'core.attributesFile': '/dev/null',
  'core.autocrlf': 'false',
  'core.safecrlf': 'false',
  'core.fsmonitor': 'false',
  'core.untrackedCache': 'false',
  'core.fileMode': 'true',
  'core.symlinks': 'true',
  'core.protectNTFS': 'false',
  'core.protectHFS': 'false',
  'core.quotePath': 'false',
  'core.looseCompression': '1',
  'submodule.recurse': 'false',
  'gc.auto': '0',
  'maintenance.auto': 'false',
}).flatMap(([name, value]) => ['-c', `${name}=${value}`])

function gitEnv({ workspace, gitDir, env }: GitPlace): Record<string, string | undefined> {
  const who = { NAME: 'auroracoder', EMAIL: 'auroracoder', DATE: '@0 +0000' }
  return {
    PATH: env.PATH,
    HOME: gitDir,
    GIT_DIR: gitDir,
    GIT_WORK_TREE: workspace,
    GIT_CONFIG_NOSYSTEM: '1',
    GIT_CONFIG_GLOBAL: '/dev/null',
    GIT_ATTR_NOSYSTEM: '1',
    GIT_LITERAL_PATHSPECS: '1',
    GIT_TERMINAL_PROMPT: '0',
    LC_ALL: 'C',
    ...Object.fromEntries(Object.entries(who).map(([name, value]) => [`GIT_AUTHOR_${name}`, value])),
    ...Object.fromEntries(Object.entries(who).map(([name, value]) => [`GIT_COMMITTER_${name}`, value])),
  }
}

interface Circumstances {
  stderr: string
  command: string
  place: GitPlace
}

async function explain(
  error: Error & { code?: unknown; killed?: unknown },
  { stderr, command, place: { workspace, gitDir } }: Circumstances,
): Promise<SessionFailure> {
  if (error.code === 'ENOENT') {
    const isThere = await stat(workspace).then(
      (found) => found.isDirectory(),
      () => false,
    )
    if (!isThere) return unavailable(`The workspace ${workspace} has gone, or is no directory any more.`, error)
    return unavailable('Expected git on the PATH, found none. Install git to have snapshots, diffs and reverts.', error)
  }
  if (/no space left on device|disk quota exceeded/i.test(stderr)) return diskFull(gitDir, error)
  if (error.killed === true) {
    return unavailable(
      `git ${command} took longer than ${gitTimeoutMs / 1_000} s on ${workspace} and was stopped.`,
      error,
    )
  }
  return unavailable(`git ${command} failed on the snapshots of ${workspace}: ${stderr.trim() || error.message}`, error)
}

export function unavailable(message: string, cause?: unknown): SessionFailure {
  return new SessionFailure('snapshots_unavailable', message, { cause })
}

export function diskFull(path: string, cause: unknown): SessionFailure {
  return new SessionFailure('disk_full', `There is no space left for ${path}. Free some and try again.`, { cause })
}
