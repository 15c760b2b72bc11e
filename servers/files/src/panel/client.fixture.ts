import { type Call, Failure, type Family, type ServerOptions } from '@auroracoder/kit'
import { applyChange, nothingShown, renderChange, type Shown } from '@auroracoder/kit/panel'
import type { PanelChange } from '@auroracoder/kit/wire'
import { filesServer } from '../server.js'

export interface ClientAnswer {
  ok: boolean
  text: string
  notes: readonly string[]
  changes: readonly PanelChange[]
  revision: number | undefined
}

export interface ClientCallOptions {
  /** The answer never arrives. */
  lost?: boolean
  /** The client has cancelled the call, and the tool goes on nevertheless. */
  cancelled?: boolean
  step?: string
  key?: string
}

/** A client that keeps the panel of a files server, and carries its state over restarts of it. */
export interface PanelClient {
  call(tool: string, args: Record<string, unknown>, options?: ClientCallOptions): Promise<ClientAnswer>
  /** What has changed without a call; `lost`: asked for in vain. */
  read(options?: { lost?: boolean }): Promise<readonly PanelChange[]>
  /** What its changes have come to. */
  shown(): Shown
  state(): unknown
  setState(state: unknown): void
  /** The server dies without a word, and another takes its place. */
  restart(): Promise<void>
  /** Goes on as another branch. */
  fork(): void
  close(): Promise<void>
}

export const clientNonce = 'c11e47aa'

export async function createPanelClient(
  options: ServerOptions,
  create: (options: ServerOptions) => Promise<Family> = filesServer.create,
): Promise<PanelClient> {
  let family = await create(options)
  const families = [family]
  let branch = 0
  let shown = nothingShown
  let state: unknown
  let since = 0
  /** That of the state, which is the highest one that has arrived. */
  let stateRevision = 0
  const conversation = (): string => `session/${branch}`

  const take = (changes: readonly PanelChange[]): void => {
    shown = changes.reduce(applyChange, shown)
  }

  return {
    shown: () => shown,
    state: () => state,
    setState(next) {
      state = next
    },
    async call(name, args, { cancelled = false, lost = cancelled, step, key } = {}) {
      const { panel } = family
      if (!panel) throw new Error('There is no panel.')
      await panel.adopt(conversation(), state)
      const { answer, call } = beginCall({ conversation: conversation(), step, key, cancelled })
      await run(family, { name, args, call })
      if (answer.changes.length === 0) return answer
      const position = await panel.position(call)
      if (lost) return answer
      // As the state says: changes up to `since` are known without a gap.
      if (position.revision === since + 1) since = position.revision
      if (position.revision >= stateRevision) {
        stateRevision = position.revision
        state = position.state
      }
      take(answer.changes)
      return { ...answer, revision: position.revision }
    },
    async read({ lost = false } = {}) {
      const { panel } = family
      if (!panel) throw new Error('There is no panel.')
      await panel.adopt(conversation(), state)
      const reading = await panel.read(conversation(), since)
      if (lost) return []
      since = reading.revision
      stateRevision = reading.revision
      state = reading.state
      take(reading.changes)
      return reading.changes
    },
    async restart() {
      family = await create(options)
      families.push(family)
    },
    fork() {
      branch += 1
    },
    close: async () => void (await Promise.all(families.map((each) => each.close()))),
  }
}

interface Running {
  name: string
  args: Record<string, unknown>
  call: Call
}

async function run(family: Family, { name, args, call }: Running): Promise<void> {
  const tool = family.tools.find((candidate) => candidate.name === name)
  if (!tool) throw new Error(`No tool ${name}`)
  try {
    await tool.run(args, call)
  } catch (error) {
    if (!(error instanceof Failure)) throw error
    call.reply.fail(error.message)
  }
}

interface Beginning {
  conversation: string
  step: string | undefined
  key: string | undefined
  cancelled: boolean
}

function beginCall({ cancelled, ...identity }: Beginning) {
  const notes: string[] = []
  const changes: PanelChange[] = []
  const answer = { ok: true, text: '', notes, changes, revision: undefined }
  const add = (block: string): void => {
    answer.text += answer.text === '' ? block : `\n${block}`
  }
  const call: Call = {
    ...identity,
    signal: cancelled ? AbortSignal.abort() : new AbortController().signal,
    nonce: clientNonce,
    outputCharsMax: 60_000,
    keepsPanels: true,
    progress: () => {},
    reply: {
      text: add,
      change(change) {
        changes.push(change)
        add(renderChange(change, clientNonce))
      },
      note: (sentence) => void notes.push(sentence),
      fail(message) {
        answer.ok = false
        add(message)
      },
      image: () => {},
      result: () => {},
      applied: () => {},
    },
  }
  return { answer, call }
}
