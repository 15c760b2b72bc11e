import { type ChildProcess, execFile, spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync } from 'node:fs'
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pipeline } from 'node:stream/promises'
import { setTimeout } from 'node:timers/promises'
import { promisify } from 'node:util'

const program = '/usr/sbin/dockerd'

/** Why no engine of one's own can be run here, if so. */
export function missingEngine(): string | undefined {
  if (process.getuid?.() !== 0) return 'only root can run a Docker engine of its own'
  return existsSync(program) ? undefined : `there is no ${program}`
}

/** A Docker engine that belongs to a test, which can stop it. */
export interface PrivateEngine {
  readonly host: string
  /** Takes over what servers need of an image of the machine's engine, and answers its name. */
  take(image: string): Promise<string>
  stop(signal: NodeJS.Signals): Promise<void>
  start(): Promise<void>
  close(): Promise<void>
}

const slimImage = 'servers:1'
/** The whole image would take half a minute. */
const packServers = `
  programs="$(dpkg -L bash coreutils dash util-linux procps | grep -E '^(/usr)?/bin/[^/]+$') $(readlink -f /opt/auroracoder/node)"
  libraries="$(ldd $programs 2>/dev/null | grep -o '/[^ :)]*')"
  tar -chP --hard-dereference -f - $(printf '%s\\n' $programs $libraries | sort -u) /opt/auroracoder /var/lib/auroracoder /etc/passwd`

const startMsMax = 60_000

export async function startPrivateEngine(): Promise<PrivateEngine> {
  const folder = await mkdtemp(join(tmpdir(), 'engine-'))
  const host = `unix://${join(folder, 'docker.sock')}`
  let engine: ChildProcess | undefined

  async function start(): Promise<void> {
    const places = ['data-root', 'exec-root'].flatMap((name) => [`--${name}`, join(folder, name)])
    const args = [...places, '--pidfile', join(folder, 'pid'), '-H', host, '--bridge', 'none', '--iptables=false']
    // In a network of its own: told to have no bridge, it would remove the one of the machine's engine.
    engine = spawn('unshare', ['--net', program, ...args], { stdio: 'ignore' })
    const giveUp = AbortSignal.timeout(startMsMax)
    while (!(await answers())) {
      giveUp.throwIfAborted()
      await setTimeout(100)
    }
  }

  async function stop(signal: NodeJS.Signals): Promise<void> {
    if (!engine || engine.exitCode !== null || engine.signalCode !== null) return
    const ended = once(engine, 'exit')
    engine.kill(signal)
    await ended
  }

  const answers = () =>
    docker(['-H', host, 'version'])
      .then(() => true)
      .catch(() => false)

  await start()
  return {
    host,
    start,
    stop,
    async take(image) {
      const pack = spawn('docker', ['run', '--rm', image, 'bash', '-c', packServers], {
        stdio: ['ignore', 'pipe', 'inherit'],
      })
      const unpack = spawn('docker', ['-H', host, 'import', '-', slimImage], { stdio: ['pipe', 'ignore', 'inherit'] })
      const ended = once(unpack, 'exit')
      await pipeline(pack.stdout, unpack.stdin)
      await ended
      return slimImage
    },
    async close() {
      await docker(['-H', host, 'ps', '-aq']).then(({ stdout }) => {
        const ids = stdout.split('\n').filter((id) => id !== '')
        return ids.length > 0 ? docker(['-H', host, 'rm', '-f', ...ids]) : undefined
      })
      await stop('SIGTERM')
      // An engine that was killed has left what it had mounted for its containers.
      const mounts = (await readFile('/proc/mounts', 'utf8')).split('\n').map((line) => line.split(' ')[1] ?? '')
      const left = mounts.filter((mount) => mount.startsWith(`${folder}/`)).reverse()
      for (const mount of left) await promisify(execFile)('umount', [mount])
      await rm(folder, { recursive: true, force: true })
    },
  }
}

const docker = (args: readonly string[]) => promisify(execFile)('docker', args)
