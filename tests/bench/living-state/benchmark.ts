import { basename, resolve } from 'node:path'
import { type Benchmark, type Options, UsageError, type World, wholeNumber } from '../benchmark.js'
import { releasedPackages } from '../releases/released-packages.js'
import { isInstalled, releasesFolder, repositoryOf } from '../releases/repositories.js'
import { agents } from './agents.js'
import { replay } from './replay.js'
import { readSessions, type Source } from './sessions.js'
import { sourcesTable } from './sources-table.js'
import { type Account, livingStateTable, summaryOf } from './table.js'

export const livingStateBenchmark: Benchmark = {
  name: 'living-state',
  summary: 'what keeping the files true in the model’s history costs, over sessions made of real commits',
  options: {
    sessions: 'NUMBER  of this repository and of each that is given (6)',
    'package-sessions': 'NUMBER  of each package whose releases install-peers has laid as a repository (3)',
    repo: 'FOLDER  a git repository with history, beside this one; may be given several times',
  },
  async run({ options, seed, world }) {
    const sources = sourcesOf(options, world)
    const sessions = await readSessions({ sources, seed, world })
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
      options: { sources },
      tables: [livingStateTable(accounts), sourcesTable(sessions, accounts)],
      notes: notesOf(world),
      result: {
        sessions: sessions.map(({ source, start, turns }) => ({ source: source.label, start, turns: turns.length })),
        agents: accounts.map((account) => ({
          agent: account.agent.label,
          ...summaryOf(account),
          bills: account.bills,
        })),
      },
    }
  },
}

/** This repository, the packages that are installed, and the repositories that are given. */
export function sourcesOf(options: Options, { checkout, folder, env }: Pick<World, 'checkout' | 'folder' | 'env'>) {
  const sessions = wholeNumber(options, { name: 'sessions', fallback: 6 })
  const packageSessions = wholeNumber(options, { name: 'package-sessions', fallback: 3 })
  const installed = releasedPackages.filter((released) => isInstalled(released, env))
  const given = (options.repo ?? []).map((repo) => resolve(folder, repo))
  return [
    { label: 'this repository', repo: checkout, sessions },
    ...installed.map((each) => ({ label: each.name, repo: repositoryOf(each, env), sessions: packageSessions })),
    ...given.map((repo) => ({ label: basename(repo), repo, sessions })),
  ] satisfies Source[]
}

/** What a person is told who sees no package, or not all of them, in the tables. */
export function notesOf({ env }: Pick<World, 'env'>): string[] {
  const missing = releasedPackages.filter((released) => !isInstalled(released, env))
  if (missing.length === 0) return []
  const names = missing.map(({ name }) => name).join(', ')
  return [`In ${releasesFolder(env)} there is no history of ${names}: npm run bench -- install-peers makes it.`]
}
