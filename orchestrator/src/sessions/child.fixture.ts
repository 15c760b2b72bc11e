import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'

export interface Child {
  readonly process: ChildProcess
  /** The next line it prints that `matches`. Rejects when it ends first. */
  line(matches: RegExp): Promise<string>
  /** Sends the signal and waits until the process is gone. */
  kill(): Promise<void>
}

const root = fileURLToPath(new URL('../../..', import.meta.url))
const conditions = ['@auroracoder/source']

/** Runs `main(args)` of a source module in a process of its own, which ends with its standard input. */
export function startChild(module: URL, args: readonly string[]): Child {
  const config = {
    configFile: false,
    root,
    logLevel: 'error',
    resolve: { conditions },
    ssr: { resolve: { conditions } },
  }
  const script = `
    import { runnerImport } from 'vite'
    process.stdin.on('end', () => process.exit()).resume()
    const { module } = await runnerImport(${JSON.stringify(fileURLToPath(module))}, ${JSON.stringify(config)})
    await module.main(...process.argv.slice(1))`
  const child = spawn(process.execPath, ['--input-type=module', '--eval', script, '--', ...args], {
    cwd: root,
    stdio: ['pipe', 'pipe', 'inherit'],
  })
  const lines: string[] = []
  const waiting = new Set<() => void>()
  const closed = once(child, 'close')
  let isClosed = false
  const check = () => {
    for (const look of waiting) look()
  }
  createInterface({ input: child.stdout }).on('line', (line) => {
    lines.push(line)
    check()
  })
  closed.then(() => {
    isClosed = true
    check()
  })

  return {
    process: child,
    line: (matches) =>
      new Promise((resolve, reject) => {
        const look = () => {
          const index = lines.findIndex((line) => matches.test(line))
          if (index < 0 && !isClosed) return
          waiting.delete(look)
          const [line] = index < 0 ? [] : lines.splice(0, index + 1).slice(-1)
          if (line === undefined) reject(new Error(`The child ended before it printed ${matches}.`))
          else resolve(line)
        }
        waiting.add(look)
        look()
      }),
    async kill() {
      child.kill('SIGKILL')
      await closed
    },
  }
}
