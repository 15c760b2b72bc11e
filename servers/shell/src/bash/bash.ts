import { randomBytes } from 'node:crypto'
import { existsSync, mkdirSync, writeFileSync } from 'node:fs'
import { setImmediate as turn } from 'node:timers/promises'
import { foregroundOf, interruptForeground, isReadingTerminal, killForeground } from '../process/foreground.js'
import { exists } from '../process/stat.js'
import { createFifoPool, hasUnread, makeFifos, openLastingReader, openWriter, post } from './fifo.js'
import { launchBash, type PtyModule } from './launch.js'
import { createLedger } from './ledger.js'
import { createNoticeFilter } from './notices.js'
import { createOutputStock, type Output } from './output.js'
import { type BashPaths, bashPaths } from './paths.js'
import { rcText } from './rc.js'
import { createRecordReader } from './records.js'
import type { Runner, RunnerEvents, RunRequest } from './runner.js'
import { createTerminalSwitch } from './terminal-switch.js'
import { forgetLine, reportLine, triggerLines } from './trigger.js'
import { createTyping, goOnKey } from './typing.js'
import { noticeDeath, watchOver } from './watch.js'

export interface BashOptions extends RunnerEvents {
  /** Path of bash. */
  program: string
  pty: PtyModule | undefined
  /** Made here, for this process alone. */
  folder: string
  cwd: string
  env: Readonly<Record<string, string>>
  /** `NAME=value` in the environment of everything the shell starts. */
  mark: string
  /** State of an earlier shell to take over. */
  snapshot: string | undefined
  /** The state after a command is whole in that file, until the command after the next one ends. */
  onSaved(draft: string): void
}

/** While one is published, the next state grows in the other. A report that was asked for again has one of its own. */
const drafts = 2

/** Of a `mapfile` that cannot do what it is told. */
const exitCodeUnread = 1

/** Starts the long-lived bash of one session. */
export async function startBash(options: BashOptions): Promise<Runner> {
  mkdirSync(options.folder, { mode: 0o700 })
  const paths = bashPaths(options.folder)
  await makeFifos([paths.input, paths.text, paths.records, paths.endings])
  return converse(options, paths)
}

function converse(options: BashOptions, paths: BashPaths): Runner {
  const nonce = randomBytes(8).toString('hex')
  writeFileSync(paths.rc, rcText({ paths, nonce, mark: options.mark, snapshot: options.snapshot }), { mode: 0o600 })
  const stock = createOutputStock(createFifoPool(options.folder))
  const outputs = new Map<number, Output>()
  const terminal = createTerminalSwitch({
    onOther: options.onTerminalData,
    print: (bytes) => launched.print(bytes),
    letGoOn: () => void launched.keyboard?.type(goOnKey),
    nonce,
  })
  const onEnded = async (id: number, exitCode: number): Promise<void> => {
    await outputs.get(id)?.drain()
    options.onEnded(id, exitCode)
  }
  const ledger = createLedger({
    ...options,
    onEnded: (id, exitCode) => void onEnded(id, exitCode),
    onSaved: (number) => options.onSaved(`${paths.draft}${number}`),
  })
  const records = openLastingReader(paths.records).on('data', createRecordReader(nonce, ledger.enter))
  const endings = openLastingReader(paths.endings).on('data', createRecordReader(nonce, ledger.enter))
  const input = openWriter(paths.input)
  const launched = launchBash({
    ...options,
    bash: options.program,
    input: paths.input,
    rc: paths.rc,
    onTerminalData: terminal.onData,
  })
  let isDead = false
  let draft = 0
  const typing = createTyping({
    keyboard: () => launched.keyboard,
    terminal,
    ledger,
    clear: () => void input.write(forgetLine(nonce)),
  })
  const exited = launched.exited.then(async (exit) => {
    isDead = true
    // What it still reported is read first.
    for (let turns = 0; turns < 2; turns++) await turn()
    ledger.close(exit)
    // The endings stay open: background commands may outlive the shell.
    for (const socket of [records, input]) socket.destroy()
    return exit
  })

  const openOutputOf = async (
    { id, mode }: RunRequest,
    onOutput: (chunk: Buffer) => void,
  ): Promise<Output | undefined> => {
    if (mode === 'terminal') {
      terminal.follow(onOutput)
      return undefined
    }
    const onEnd = (): void => {
      outputs.delete(id)
      void noticeDeath(launched, () => ledger.isPending(id))
    }
    const output = await stock.take()
    output.follow({ onData: onOutput, onEnd })
    outputs.set(id, output)
    return output
  }

  return {
    pid: launched.pid,
    hasTerminal: launched.keyboard !== undefined,
    exited,
    async run(request) {
      await typing.forgotten()
      const jobs = ledger.jobs()
      const notices = createNoticeFilter(request.mode === 'background' ? [] : jobs)
      const tell = (chunk: Buffer): void => {
        if (chunk.length > 0) request.onOutput(chunk)
      }
      const output = await openOutputOf(request, (chunk) => tell(notices.take(chunk)))
      draft = (draft + 1) % drafts
      const remind = (): void => {
        input.write(`\n${reportLine({ id: request.id, draft: drafts, nonce, jobs: [] })}`)
      }
      const text = post(paths.text, `${request.text}\0`)
      const unwatch = watchOver({ launched, input: paths.input, remind })
      try {
        const report = ledger.expect(request)
        input.write(
          triggerLines({ request, paths, output: output?.path, draft, nonce, jobs: jobs.map(({ pid }) => pid) }),
        )
        const result = await report
        await (output?.drain() ?? terminal.settle())
        tell(notices.rest())
        if (result.kind !== 'died') typing.forget()
        // Bash reads the whole text before it executes any of it; a shell that cannot read it any more is of no use.
        if (result.kind === 'done' && result.exitCode === exitCodeUnread && hasUnread(paths.text)) {
          launched.destroy()
          return { kind: 'died', exitCode: null, signal: null, isStarted: false }
        }
        return result.kind === 'died' ? { ...result, isStarted: !hasUnread(paths.text) } : result
      } finally {
        unwatch()
        text.close()
        setImmediate(stock.prepare)
      }
    },
    deafen: (id) => outputs.get(id)?.close(),
    isAlive() {
      if (isDead) return false
      if (exists(launched.pid) && existsSync(paths.input)) return true
      // Without its FIFOs it can be told nothing any more.
      launched.destroy()
      return false
    },
    isDeserted: () => isDead && outputs.size === 0,
    type: typing.type,
    foreground: () => foregroundOf(launched.pid, ledger.leftBehind()),
    interrupt: () => interruptForeground(launched.pid),
    killForeground: () => killForeground(launched.pid, ledger.leftBehind()),
    // Between commands it is the shell that reads there, what nobody is to get.
    isReadingTerminal: (look) => ledger.isPending() && isReadingTerminal(launched.pid, look),
    destroy() {
      launched.destroy()
      stock.close()
      for (const socket of [records, endings, input]) socket.destroy()
      for (const output of outputs.values()) output.close()
    },
  }
}
