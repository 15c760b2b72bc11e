import { resolve } from 'node:path'
import { type Benchmark, UsageError, wholeNumber } from '../benchmark.js'
import { agents } from './agents.js'
import { replay } from './replay.js'
import { readSessions } from './sessions.js'
import { type Account, livingStateTable, summaryOf } from './table.js'

export const livingStateBenchmark: Benchmark = {
  name: 'living-state',
  summary: 'what keeping the files true in the model’s history costs, over sessions made of real commits',
  options: {
    sessions: 'NUMBER  of each repository (6)',
    repo: 'FOLDER  a git repository with history, beside this one; may be given several times',
  },
  async run({ options, seed, world }) {
    const count = wholeNumber(options, { name: 'sessions', fallback: 6 })
    const repos = (options.repo ?? []).map((repo) => resolve(world.folder, repo))
    const sessions = await readSessions({ repos: [world.checkout, ...repos], count, seed, world })
    if (sessions.length === 0) {
      throw new UsageError(
        'No repository has enough history for a session of 20 turns: a shallow clone has none. Give one with --repo.',
      )
    }
    const accounts: Account[] = []
    for (const agent of agents) {
      const bills = []
      for (const [index, session] of sessions.entries()) {
        world.say(`${agent.label}: session ${index + 1} of ${sessions.length}, ${session.turns.length} turns`)
        bills.push(await replay({ session, agent, scratch: world.scratch }))
      }
      accounts.push({ agent, bills })
    }
    return {
      options: { sessions: count, repos },
      tables: [livingStateTable(accounts)],
      notes: [],
      result: {
        sessions: sessions.map(({ start, turns }) => ({ start, turns: turns.length })),
        agents: accounts.map((account) => ({
          agent: account.agent.label,
          ...summaryOf(account),
          bills: account.bills,
        })),
      },
    }
  },
}
