import type { Table } from '../report/table.js'
import { type Agent, autoCheapCache, autoEvenPrice, diffOnly, wholeFiles } from './agents.js'
import type { Session } from './sessions.js'
import { type Account, totalOf } from './table.js'

/** Whose calls with a false file are told. */
const watched = [autoCheapCache, autoEvenPrice, diffOnly, wholeFiles]

/** What the sessions of each source are made of, and what they cost. Bills stand in the order of the sessions. */
export function sourcesTable(sessions: readonly Session[], accounts: readonly Account[]): Table {
  return {
    title: 'The same by source of the sessions',
    head: [
      'source',
      'sessions',
      'turns',
      'edits',
      'new files',
      'commands',
      `${autoCheapCache.label}: cost to ${diffOnly.label}`,
      `${autoEvenPrice.label}: cost to ${wholeFiles.label}`,
      ...watched.map(({ label }) => `false calls: ${label}`),
    ],
    rows: [...new Set(sessions.map(({ source }) => source))].map((source) => {
      const own = sessions.filter((session) => session.source === source)
      const bills = accounts.map((account) => ({
        agent: account.agent,
        bills: account.bills.filter((_, index) => sessions[index]?.source === source),
      }))
      return [source.label, `${own.length}`, ...sharesOf(own), ...costsOf(bills)]
    }),
  }
}

function sharesOf(sessions: readonly Session[]): string[] {
  const turns = sessions.flatMap((session) => session.turns)
  const share = (tool: string) => {
    const count = turns.filter(({ name }) => name === tool).length
    return `${((100 * count) / turns.length).toFixed(0)} %`
  }
  return [`${turns.length}`, share('edit_file'), share('write_file'), share('run_terminal_command')]
}

function costsOf(accounts: readonly Account[]): string[] {
  const ratio = (one: Agent, other: Agent, field: 'costCheapCache' | 'costEvenPrice') =>
    (totalOf(accounts, one, field) / totalOf(accounts, other, field)).toFixed(3)
  return [
    ratio(autoCheapCache, diffOnly, 'costCheapCache'),
    ratio(autoEvenPrice, wholeFiles, 'costEvenPrice'),
    ...watched.map((agent) => `${totalOf(accounts, agent, 'falseCalls')}`),
  ]
}
