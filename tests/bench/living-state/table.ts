import type { Table } from '../report/table.js'
import { type Agent, cheapCache, diffOnly, evenPrice, wholeFiles } from './agents.js'
import type { Bill } from './replay.js'

/** One agent over all sessions. */
export interface Account {
  readonly agent: Agent
  readonly bills: readonly Bill[]
}

export interface Summary extends Bill {
  /** Of all input tokens, in prices of a cached one. */
  readonly costCheapCache: number
  readonly costEvenPrice: number
}

export function summaryOf({ bills }: Account): Summary {
  const sum = (field: keyof Bill) => bills.reduce((total, bill) => total + bill[field], 0)
  const mean = (field: keyof Bill) => Math.round(sum(field) / Math.max(1, bills.length))
  const hitTokens = sum('hitTokens')
  const missTokens = sum('missTokens')
  return {
    modelCalls: sum('modelCalls'),
    hitTokens,
    missTokens,
    openingTokens: mean('openingTokens'),
    finalTokens: mean('finalTokens'),
    falseCalls: sum('falseCalls'),
    failedToolCalls: sum('failedToolCalls'),
    epochs: sum('epochs'),
    costCheapCache: hitTokens + missTokens * cheapCache,
    costEvenPrice: hitTokens + missTokens * evenPrice,
  }
}

export function livingStateTable(accounts: readonly Account[]): Table {
  const cheapest = totalOf(accounts, diffOnly, 'costCheapCache')
  const dearest = totalOf(accounts, wholeFiles, 'costEvenPrice')
  return {
    title: `Input of ${accounts[0]?.bills.length ?? 0} sessions by how the files are kept in the history`,
    head: [
      'agent',
      'model calls',
      'input tokens',
      'cached',
      'first context',
      'final context',
      `cost at ${cheapCache}:1 to ${diffOnly.label}`,
      `cost at ${evenPrice}:1 to ${wholeFiles.label}`,
      'calls with a false file',
      'failed tool calls',
      'epochs',
    ],
    rows: accounts.map((account) => {
      const all = summaryOf(account)
      const tokens = all.hitTokens + all.missTokens
      return [
        account.agent.label,
        `${all.modelCalls}`,
        `${tokens}`,
        `${((100 * all.hitTokens) / tokens).toFixed(1)} %`,
        `${all.openingTokens}`,
        `${all.finalTokens}`,
        (all.costCheapCache / cheapest).toFixed(3),
        (all.costEvenPrice / dearest).toFixed(3),
        `${all.falseCalls}`,
        `${all.failedToolCalls}`,
        `${all.epochs}`,
      ]
    }),
  }
}

export function totalOf(accounts: readonly Account[], agent: Agent, field: keyof Summary): number {
  const account = accounts.find((each) => each.agent === agent)
  return account ? summaryOf(account)[field] : Number.NaN
}
