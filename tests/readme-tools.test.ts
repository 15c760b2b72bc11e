import { readFile, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { offerOf } from './architecture/offers.js'
import { tableEnd, tableIn, tableStart, toolTable } from './architecture/tool-table.js'
import { productServers } from './e2e/servers/servers.js'

/** Set, the tables are written instead of compared: `AURORACODER_WRITE_README=1 npx vitest run tests/readme-tools`. */
const writeVariable = 'AURORACODER_WRITE_README'
const writes = Boolean(process.env[writeVariable])

describe('the table of tools in the README', () => {
  it.each(productServers)('of $name is what its tools/list says', async (server) => {
    const path = join(dirname(dirname(server.bin)), 'README.md')
    const readme = await readFile(path, 'utf8')
    const found = tableIn(readme)
    if (found === undefined) throw new Error(`${path} has no table between ${tableStart} and ${tableEnd}.`)
    const { tools } = await offerOf(server)
    const table = toolTable(tools)
    if (writes)
      await writeFile(
        path,
        readme.replace(found, () => table),
      )
    else expect(found).toBe(table)
  })

  it('is looked for in the README of every server', () => {
    expect(productServers.map(({ name }) => name)).toEqual(expect.arrayContaining(['files', 'shell']))
  })
})

describe('a table', () => {
  const tool = {
    name: 'a_tool',
    description: 'Lists a|b, e.g. "x". Then more.',
    inputSchema: { type: 'object' as const, properties: { path: {}, depth: {} }, required: ['path'] },
    annotations: { readOnlyHint: false, destructiveHint: true, idempotentHint: true, openWorldHint: true },
  }

  it('has the first sentence, the hints and the parameters, the optional ones marked', () => {
    expect(toolTable([tool]).split('\n')[3]).toBe(
      '| `a_tool` | Lists a\\|b, e.g. "x". | destructive, idempotent, open world | `path`, `depth?` |',
    )
  })

  it('is found again between its markers, and not without them', () => {
    const table = toolTable([tool])
    expect(tableIn(`# Tools\n\n${table}\n\nmore`)).toBe(table)
    expect(tableIn('# Tools')).toBeUndefined()
    expect(tableIn(`${tableEnd} ${tableStart}`)).toBeUndefined()
  })
})
