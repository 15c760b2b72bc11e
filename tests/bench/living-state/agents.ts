import { renderChange } from '@auroracoder/kit/panel'
import type { PanelChange, View } from '@auroracoder/kit/wire'
import type { ToolOutcome, ToolSet } from '../../../orchestrator/src/connect/index.js'
import type { PanelPolicy } from '../../../orchestrator/src/context/index.js'

/** How an agent keeps its model informed about the files. All else, tools, prompts and turns, is the same. */
export interface Agent {
  readonly label: string
  readonly policy: PanelPolicy
  /** Of an input token that is not in the cache, in prices of one that is; only `auto` looks at it. */
  readonly priceRatio: number
  /** The tools as this agent has them. */
  toolsOf(tools: ToolSet, reading: Reading): ToolSet
}

/** What is needed to write files into answers. */
export interface Reading {
  readonly nonce: string
  /** The file as it is on disk, all of it. */
  view(path: string): Promise<View>
}

export const cheapCache = 50
export const evenPrice = 1

export const diffOnly: Agent = {
  label: 'diffs only',
  policy: 'append',
  priceRatio: evenPrice,
  toolsOf: (tools, { nonce }) =>
    withAnswers(tools, async (changes) => changes.map((change) => renderChange(change, nonce))),
}

export const wholeFiles: Agent = {
  label: 'whole files',
  policy: 'append',
  priceRatio: evenPrice,
  toolsOf: (tools, { nonce, view }) =>
    withAnswers(tools, async (changes) => {
      const shown: string[] = []
      for (const change of changes) {
        const isWhole = change.kind === 'edited' && change.edit !== undefined
        const told: PanelChange = isWhole ? { kind: 'opened', key: change.key, view: await view(change.key) } : change
        shown.push(renderChange(told, nonce))
      }
      return shown
    }),
}

function ours(label: string, policy: PanelPolicy, priceRatio: number): Agent {
  return { label, policy, priceRatio, toolsOf: (tools) => tools }
}

export const autoCheapCache = ours(`auto at ${cheapCache}:1`, 'auto', cheapCache)
export const autoEvenPrice = ours(`auto at ${evenPrice}:1`, 'auto', evenPrice)

export const agents: readonly Agent[] = [
  ours('append', 'append', evenPrice),
  ours('refresh', 'refresh', evenPrice),
  autoCheapCache,
  autoEvenPrice,
  diffOnly,
  wholeFiles,
]

/** An agent that only ever appends: what a call did stands in its answer, and nobody looks at the disk again. */
function withAnswers(tools: ToolSet, tell: (changes: readonly PanelChange[]) => Promise<string[]>): ToolSet {
  return {
    ...tools,
    readPanels: async () => ({ results: [], problems: [] }),
    async call(request): Promise<ToolOutcome> {
      const outcome = await tools.call({ ...request, panels: [] })
      // What others changed is news that such an agent has not.
      const own = (outcome.panel?.changes ?? []).filter(({ kind }) => kind === 'opened' || kind === 'edited')
      return { ...outcome, panel: undefined, text: [outcome.text, ...(await tell(own))].join('\n') }
    },
  }
}
