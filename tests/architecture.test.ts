import { isBuiltin } from 'node:module'
import { basename, dirname, join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { arrows, entriesForBrowsers, packagesWithRooms, withoutNode } from './architecture/arrows.js'
import { placeOf, readPackages } from './architecture/packages.js'
import type { Source } from './architecture/source.js'

const packages = await readPackages()
const sources = packages.flatMap((each) => each.sources)
const product = sources.filter(({ isTest }) => !isTest)
const entries = new Map(packages.flatMap((each) => [...each.entries]))

describe('the arrows between packages and rooms', () => {
  const seen = product.flatMap((source) => source.imports.flatMap((specifier) => arrowOf(source, specifier)))

  it('has seen the sources of every package', () => {
    expect(packages.filter((each) => each.sources.length === 0).map(({ folder }) => folder)).toEqual([])
    expect(packages.map(({ shortName }) => shortName)).toEqual(
      expect.arrayContaining([...packagesWithRooms, 'files', 'shell', 'sandbox']),
    )
  })

  it('leads only where the table says', () => {
    expect(seen.filter(({ from, to }) => !arrows[from]?.some((target) => matches(target, to)))).toEqual([])
  })

  it('knows every place on disk, and none that is gone', () => {
    const places = new Set(product.map(({ file }) => placeOf(file)))
    expect(Object.keys(arrows).toSorted()).toEqual([...places].toSorted())
  })

  it('goes one way', () => {
    const settled = new Set(['mcp-sdk', 'kit/*'])
    for (const _ of Object.keys(arrows)) {
      for (const [from, targets] of Object.entries(arrows)) {
        if (targets.every((target) => settled.has(target))) settled.add(from)
      }
    }
    expect(Object.keys(arrows).filter((place) => !settled.has(place))).toEqual([])
  })

  const rows = Object.entries(arrows).flatMap(([from, targets]) => targets.map((to) => [from, to] as const))
  it.each(rows)('has a use for %s → %s', (from, to) => {
    expect(seen.some((arrow) => arrow.from === from && matches(to, arrow.to))).toBe(true)
  })
})

describe('imports', () => {
  it.each(packages)('of $folder are dependencies that its package.json names', (each) => {
    const external = each.sources
      .filter(({ isTest }) => !isTest)
      .flatMap(({ imports }) => imports.filter((specifier) => !specifier.startsWith('.') && !isBuiltin(specifier)))
    expect([...new Set(external.map(packageName))].filter((name) => !each.dependencies.includes(name))).toEqual([])
  })

  it.each(packages)('of $folder by a path stay in it', ({ folder, sources: own }) => {
    const leaving = own.flatMap(({ file, imports }) =>
      imports.filter((path) => path.startsWith('.') && !join(dirname(file), path).startsWith(`${folder}/src/`)),
    )
    expect(leaving).toEqual([])
  })

  it.each(withoutNode)('of %s work without Node', (place) => {
    const own = product.filter(({ file }) => placeOf(file) === place)
    expect(own.length).toBeGreaterThan(0)
    expect(own.flatMap(({ imports }) => imports.filter((specifier) => isBuiltin(specifier)))).toEqual([])
  })

  it.each(entriesForBrowsers)('that %s leads to are of zod and our own schemas', (entry) => {
    const reached = new Set([entries.get(entry) ?? entry])
    const foreign = new Set<string>()
    for (const file of reached) {
      const source = sources.find((each) => each.file === file)
      if (source === undefined) throw new Error(`${entry} leads to ${file}, which is no source.`)
      for (const specifier of source.importsOfValues) {
        const own = specifier.startsWith('.')
          ? join(dirname(file), specifier).replace(/\.js$/, '.ts')
          : entries.get(specifier)
        if (own === undefined) foreign.add(specifier)
        else reached.add(own)
      }
    }
    expect([...foreign]).toEqual(['zod'])
  })

  it('of the scripts that run before anything is installed are Node’s own or of one another', () => {
    const scripts = packages.flatMap((each) => each.bins).filter(({ file }) => !isShim(file))
    expect(scripts.map(({ file }) => basename(file)).toSorted()).toEqual(['prepare.js', 'start.js'])
    const early = scripts.flatMap(({ imports, importsOnDemand }) =>
      imports.filter((specifier) => !isBuiltin(specifier) && !importsOnDemand.includes(specifier)),
    )
    expect([...new Set(early)]).toEqual(['./prepare.js'])
  })

  it('of a bin are its built main alone', () => {
    const shims = packages.flatMap((each) => each.bins).filter(({ file }) => isShim(file))
    expect(shims.length).toBeGreaterThan(0)
    for (const shim of shims) expect(shim.imports).toEqual(['../bundle/main.js'])
  })
})

describe('files', () => {
  it('have names that say what is in them', () => {
    const vague = /(^|[/.-])(utils?|helpers?|common|managers?|types)([/.-]|$)/
    expect(sources.map(({ file }) => file).filter((file) => vague.test(file))).toEqual([])
  })

  it('export what they name, never everything', () => {
    expect(sources.filter(({ hasExportAll }) => hasExportAll).map(({ file }) => file)).toEqual([])
  })

  it('called index list names and do nothing else', () => {
    const indexes = sources.filter(({ file }) => basename(file) === 'index.ts')
    expect(indexes.length).toBeGreaterThan(0)
    expect(indexes.filter(({ listsNamesOnly }) => !listsNamesOnly).map(({ file }) => file)).toEqual([])
  })
})

interface Arrow {
  file: string
  from: string
  to: string
}

/** None for an import that stays in its place or names a package that is not ours. */
function arrowOf({ file }: Source, specifier: string): Arrow[] {
  const from = placeOf(file)
  const to = targetOf(file, specifier)
  return to === undefined || to === from ? [] : [{ file, from, to }]
}

function targetOf(file: string, specifier: string): string | undefined {
  if (specifier.startsWith('.')) return placeOf(join(dirname(file), specifier).replace(/\.js$/, '.ts'))
  if (specifier.startsWith('@modelcontextprotocol/')) return 'mcp-sdk'
  if (!specifier.startsWith('@auroracoder/')) return undefined
  const entry = entries.get(specifier)
  // An entry that is not exported is in no row of the table.
  return entry === undefined ? specifier : placeOf(entry)
}

function matches(target: string, place: string): boolean {
  return target.endsWith('/*') ? place.startsWith(target.slice(0, -1)) : target === place
}

function packageName(specifier: string): string {
  return specifier
    .split('/')
    .slice(0, specifier.startsWith('@') ? 2 : 1)
    .join('/')
}

function isShim(file: string): boolean {
  return basename(file).startsWith('auroracoder')
}
