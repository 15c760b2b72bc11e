import { mkdtempSync, realpathSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Failure, type Tool } from '@auroracoder/kit'
import { createJail } from '@auroracoder/kit/jail'
import type { Facts } from '../answer/facts.js'
import type { PtyModule } from '../bash/launch.js'
import { commandEnvironment } from '../environment/environment.js'
import { shellTools } from '../family.js'
import { defaultLimits, type Limits } from '../limits.js'
import { createShell } from '../shell/shell.js'
import { createStarter } from '../shell/starter.js'
import { openScreen, type ScreenOptions } from '../terminal/screen.js'

/** What a tool told about one call. */
export interface Answer {
  ok: boolean
  /** Everything but the footer. */
  output: string
  footer: string
  notes: string[]
  facts: Partial<Facts> & Record<string, unknown>
}

export interface CallOptions {
  conversation?: string
  signal?: AbortSignal
  key?: string
  outputCharsMax?: number
  onProgress?(message: string): void
}

/** The real tools on a state folder and a root of their own. */
export interface Workbench {
  readonly root: string
  readonly stateDir: string
  readonly tools: readonly Tool[]
  call(tool: string, args: Record<string, unknown>, options?: CallOptions): Promise<Answer>
  run(command: string, args?: Record<string, unknown>, options?: CallOptions): Promise<Answer>
  /** Ends the server, as at its exit; the folders stay. */
  close(): Promise<void>
  /** Another server on the same folders. */
  again(): Promise<Workbench>
  remove(): Promise<void>
}

export interface WorkbenchOptions {
  limits?: Partial<Limits>
  env?: Readonly<Record<string, string>>
  loadPty?(): Promise<PtyModule>
  loadScreen?: ScreenOptions['load']
  folder?: string
  /** Instead of the folder that holds the state too. */
  root?: string
}

export const footerNonce = '0123abcd'

export async function createWorkbench(options: WorkbenchOptions = {}): Promise<Workbench> {
  const folder = options.folder ?? realpathSync(mkdtempSync(join(tmpdir(), 'shell-test-')))
  const stateDir = join(folder, 'state')
  const root = options.root ?? folder
  const jail = await createJail([root])
  const log = { debug() {}, info() {}, warn() {}, error() {} }
  const starter = createStarter({
    env: { ...commandEnvironment(process.env, []), ...options.env },
    log,
    loadPty: options.loadPty ?? (() => import('node-pty')),
  })
  const limits = { ...defaultLimits, ...options.limits }
  const loadScreen = options.loadScreen ?? (() => import('@xterm/headless'))
  const shell = createShell({
    root,
    stateDir,
    limits,
    startRunner: starter.start,
    openScreen: (onReply) => openScreen({ load: loadScreen, onReply }),
    now: Date.now,
  })
  const tools = shellTools({ shell, jail, missing: starter.missing })
  const bench: Workbench = {
    root,
    stateDir,
    tools,
    call: (name, args, callOptions) => callTool(tools, name, args, callOptions),
    run: (command, args, callOptions) => bench.call('run_terminal_command', { command, ...args }, callOptions),
    close: () => shell.close(),
    again: () => createWorkbench({ ...options, folder }),
    async remove() {
      await shell.close()
      rmSync(folder, { recursive: true, force: true })
    },
  }
  return bench
}

async function callTool(
  tools: readonly Tool[],
  name: string,
  args: Record<string, unknown>,
  options: CallOptions = {},
): Promise<Answer> {
  const tool = tools.find((each) => each.name === name)
  if (tool === undefined) throw new Error(`There is no tool ${name}.`)
  const blocks: string[] = []
  const notes: string[] = []
  let facts: Record<string, unknown> = {}
  let ok = true
  try {
    await tool.run(args, {
      reply: {
        text: (block) => void blocks.push(block),
        note: (sentence) => void notes.push(sentence),
        change() {},
        image() {},
        applied() {},
        fail(message) {
          ok = false
          blocks.push(message)
        },
        result(more) {
          facts = { ...facts, ...more }
        },
      },
      signal: options.signal ?? new AbortController().signal,
      conversation: options.conversation ?? 'default',
      key: options.key,
      nonce: footerNonce,
      outputCharsMax: options.outputCharsMax ?? 60_000,
      keepsPanels: false,
      progress: (message) => options.onProgress?.(message),
    })
  } catch (error) {
    if (!(error instanceof Failure)) throw error
    ok = false
    blocks.push(error.message)
  }
  const footer = ok ? (blocks.pop() ?? '') : ''
  return { ok, output: blocks.join('\n'), footer, notes, facts }
}
