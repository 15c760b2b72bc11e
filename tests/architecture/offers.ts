import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Client } from '@modelcontextprotocol/sdk/client/index.js'
import { StdioClientTransport } from '@modelcontextprotocol/sdk/client/stdio.js'
import type { ListToolsResult } from '@modelcontextprotocol/sdk/types.js'
import type { ServerUnderTest } from '../e2e/servers/servers.js'

/** What a server tells a host about itself. */
export interface Offer {
  tools: ListToolsResult['tools']
  listChars: number
  instructions: string
}

/** Asks the real bin, over stdio. */
export async function offerOf({ bin }: Pick<ServerUnderTest, 'bin'>): Promise<Offer> {
  const folder = await mkdtemp(join(tmpdir(), 'auroracoder-tools-'))
  const client = new Client({ name: 'architecture', version: '1' })
  try {
    const args = [bin, '--root', folder, '--state', join(folder, 'state')]
    await client.connect(new StdioClientTransport({ command: process.execPath, args }))
    const listed = await client.listTools()
    return {
      tools: listed.tools,
      listChars: JSON.stringify(listed).length,
      instructions: client.getInstructions() ?? '',
    }
  } finally {
    await client.close()
    await rm(folder, { recursive: true })
  }
}
