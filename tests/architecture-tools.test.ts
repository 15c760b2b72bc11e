import { effectsSchema, metaKeys } from '@auroracoder/kit/wire'
import { describe, expect, it } from 'vitest'
import { type Offer, offerOf } from './architecture/offers.js'
import { productServers, servers } from './e2e/servers/servers.js'

const listCharsMax = 8_000
const instructionsCharsMax = 1_500
const descriptionCharsMax = 1_000
/** Over all servers of the product: what a host that has them all must carry. */
const allListsCharsMax = 24_000
const allToolsMax = 30

const offers = new Map(await Promise.all(servers.map(async (server) => [server.name, await offerOf(server)] as const)))

describe.each(servers)('the tool list of $name', ({ name }) => {
  const { tools, listChars, instructions } = offerNamed(name)

  it('is short', () => {
    expect(tools.length).toBeGreaterThan(0)
    expect(listChars).toBeLessThanOrEqual(listCharsMax)
  })

  it('comes with instructions of a bounded length', () => {
    expect(instructions.length).toBeGreaterThan(0)
    expect(instructions.length).toBeLessThanOrEqual(instructionsCharsMax)
  })

  it('names an argument and some of its values for each tool that has several actions', () => {
    for (const { _meta, inputSchema } of tools) {
      const published = _meta?.[metaKeys.effects]
      if (published === undefined) continue
      const { arg, read } = effectsSchema.parse(published)
      expect(inputSchema.properties?.[arg]).toMatchObject({ enum: expect.arrayContaining(read) })
    }
  })

  describe.each(tools)('$name', (tool) => {
    it('has a name, a title and a description that every host takes', () => {
      expect(tool.name).toMatch(/^[a-z][a-z0-9_]{0,39}$/)
      expect(tool.title).toMatch(/\S/)
      expect(tool.description).toMatch(/\S/)
      expect(tool.description?.length).toBeLessThanOrEqual(descriptionCharsMax)
    })

    it('takes a flat object without unions', () => {
      expect(tool.inputSchema.type).toBe('object')
      const unions = ['anyOf', 'oneOf', 'allOf', 'not', '$ref', '$defs', 'enum']
      expect(unions.filter((keyword) => keyword in tool.inputSchema)).toEqual([])
      for (const property of Object.values(tool.inputSchema.properties ?? {})) {
        expect(property).toEqual(expect.objectContaining({ type: expect.any(String) }))
      }
    })

    it('gives all four hints, which agree', () => {
      const { readOnlyHint, destructiveHint, idempotentHint, openWorldHint } = tool.annotations ?? {}
      for (const hint of [readOnlyHint, destructiveHint, idempotentHint, openWorldHint]) {
        expect(hint).toBeTypeOf('boolean')
      }
      expect(readOnlyHint && destructiveHint).toBe(false)
    })

    it('answers with text: it has no output schema', () => {
      expect(tool.outputSchema).toBeUndefined()
    })
  })
})

describe('the servers of the product together', () => {
  it('stay within what a host shows to a model', () => {
    expect(productServers.map(({ name }) => name)).toEqual(expect.arrayContaining(['files', 'shell']))
    const all = productServers.map(({ name }) => offerNamed(name))
    const names = all.flatMap(({ tools }) => tools.map((tool) => tool.name))
    expect(new Set(names).size).toBe(names.length)
    expect(names.length).toBeLessThanOrEqual(allToolsMax)
    expect(all.reduce((sum, { listChars }) => sum + listChars, 0)).toBeLessThanOrEqual(allListsCharsMax)
  })
})

function offerNamed(name: string): Offer {
  const offer = offers.get(name)
  if (!offer) throw new Error(`${name} was not asked for its tools.`)
  return offer
}
