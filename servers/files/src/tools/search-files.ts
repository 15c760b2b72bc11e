import { join } from 'node:path'
import { type Arguments, type Call, defineTool, Failure, type Note, type Tool } from '@auroracoder/kit'
import { contains, type Jail } from '@auroracoder/kit/jail'
import { z } from 'zod'
import { type Found, findPaths, type Hit, together } from '../search/find-paths.js'
import { nearestQuery } from '../search/nearest-query.js'
import { createPathIndex, indexedMax } from '../search/path-index.js'
import type { Paths } from '../search/paths.js'
import { queryCharsMax, queryOf } from '../search/query.js'
import type { Workspace } from '../workspace.js'
import { asNumber, renamed } from './habits.js'
import { printable } from './printable.js'

const limitDefault = 20
const limitMax = 200
const suggestionsMax = 5

export function searchFilesTool({ jail, looks }: Workspace): Tool {
  const indexes = outermost(jail.roots).map((root) => ({ root, index: createPathIndex(root, { looks }) }))
  return defineTool({
    name: 'search_files',
    title: 'Find files by name',
    description:
      'Find files by parts of their paths, best first. Fuzzy: letters in order ("grsrch" finds grep-search.ts); all words must match. Upper case in the query makes case count. What .gitignore names is skipped.',
    input: {
      query: z.string().max(queryCharsMax).describe('E.g. "serv test", "tools/read".'),
      limit: z.int().min(1).max(limitMax).default(limitDefault).describe(`1 to ${limitMax}. Default ${limitDefault}.`),
    },
    example: { query: 'tools/read' },
    accept,
    hints: { readOnly: true, destructive: false, idempotent: true, openWorld: false },
    async handler({ query: text, limit }, call) {
      const words = checkedQuery(jail, text)
      const searched = await Promise.all(
        indexes.map(({ root, index }) => index.search((paths) => findIn({ root, paths, words, limit }), call.signal)),
      )
      tell({ jail, call, words, limit, founds: searched.map(({ found }) => found) })
      if (!searched.every(({ complete }) => complete)) {
        call.reply.note(`Only ${indexedMax} files and directories of each root are searched; there are more.`)
      }
      call.reply.applied({ query: words, ...(limit === limitDefault ? {} : { limit }) })
    },
  })
}

function accept(raw: Arguments, note: Note): Arguments {
  const args = renamed(raw, {
    query: ['pattern', 'search', 'name', 'path', 'file', 'filename', 'file_name'],
    limit: ['max_results', 'maxResults', 'count'],
  })
  const { query } = args
  if (typeof query === 'string' && query.includes('*')) {
    args.query = query.replace(/\/?\*+\/?/g, ' ')
    note('The query is fuzzy, not a glob: "*" was read as a blank.')
  }
  return { ...args, ...('limit' in args ? { limit: asNumber(args.limit) } : {}) }
}

/** What lies in another root is found there already. */
function outermost(roots: readonly string[]): string[] {
  const unique = [...new Set(roots)]
  return unique.filter((root) => !unique.some((other) => other !== root && contains(other, root)))
}

/** With one blank between words, and paths as the index has them: from the root. */
function checkedQuery(jail: Jail, text: string): string {
  const words = text.split(/\s+/).filter((word) => word !== '')
  if (words.some((word) => /[\0-\x1f\x7f]/.test(word))) {
    throw new Failure(
      '"query" holds control characters, which no search for a path needs. Send letters, digits and signs.',
    )
  }
  const query = words.map((word) => fromRoot(jail, word)).filter((word) => word !== '')
  if (query.length > 0) return query.join(' ')
  throw new Failure(
    '"query" is empty. Give parts of a path, such as "serv test"; list_directory shows all that is in a directory.',
  )
}

function fromRoot({ roots }: Jail, word: string): string {
  const root = roots.find((candidate) => word === candidate || word.startsWith(`${candidate}/`))
  return root === undefined ? word.replace(/^(?:\.\/)+/, '') : word.slice(root.length + 1)
}

interface Finding {
  root: string
  paths: Paths
  words: string
  limit: number
}

/** What matches, or what comes near. */
interface FoundIn {
  matching: Found
  similar: Found
}

function findIn({ root, paths, words, limit }: Finding): FoundIn {
  const matching = findPaths({ root, paths, query: queryOf(words), limit })
  const nearest = matching.total === 0 ? nearestQuery(paths, words) : undefined
  if (nearest === undefined) return { matching, similar: { hits: [], total: 0 } }
  return { matching, similar: findPaths({ root, paths, query: queryOf(nearest), limit: suggestionsMax }) }
}

interface Telling {
  jail: Jail
  call: Call
  words: string
  limit: number
  founds: readonly FoundIn[]
}

function tell({ jail, call, words, limit, founds }: Telling): void {
  const list = (shown: readonly Hit[]): string[] =>
    shown.map(({ root, path }) => printable(jail.display(join(root, path))))
  const { hits, total } = together(
    founds.map(({ matching }) => matching),
    limit,
  )
  call.reply.result({ total, shown: hits.length })
  if (total > 0) {
    const rest =
      total > hits.length ? [`(${hits.length} of ${total} matching paths; narrow "query" or raise "limit")`] : []
    call.reply.text([...list(hits), ...rest].join('\n'))
    return
  }
  const near = together(
    founds.map(({ similar }) => similar),
    suggestionsMax,
  )
  const advice =
    near.total > 0
      ? ['The most similar:', ...list(near.hits)]
      : ['Try fewer letters, or list_directory to see what is there.']
  call.reply.text([`No path matches "${words}".`, ...advice].join('\n'))
}
