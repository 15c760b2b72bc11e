import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'

const root = fileURLToPath(new URL('../../../..', import.meta.url))
const conditions = ['@auroracoder/source']

export interface SourceProcess {
  readonly pid: number
  /** SIGKILL; settles when the process is gone. */
  kill(): Promise<void>
}

/** Runs `main(...args)` of a source module in a process of its own; settles when that has printed something. */
export async function startSource(module: URL, args: readonly string[]): Promise<SourceProcess> {
  const resolve = { conditions }
  const config = { configFile: false, root, logLevel: 'error', resolve, ssr: { resolve } }
  const script = `
    import { runnerImport } from 'vite'
    const { module } = await runnerImport(${JSON.stringify(fileURLToPath(module))}, ${JSON.stringify(config)})
    await module.main(...process.argv.slice(1))`
  const child = spawn(process.execPath, ['--input-type=module', '--eval', script, '--', ...args], {
    cwd: root,
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  const closed = once(child, 'close')
  await Promise.race([once(child.stdout, 'data'), closed])
  return {
    pid: pidOf(child),
    async kill() {
      child.kill('SIGKILL')
      await closed
    },
  }
}

function pidOf({ pid, exitCode }: ChildProcess): number {
  if (pid === undefined || exitCode !== null) throw new Error('The process has ended before it printed anything.')
  return pid
}
