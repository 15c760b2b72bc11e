import { expect, test } from 'vitest'
import { holdChanges } from './held-calls.js'
import type { ToolInfo, ToolRequest, ToolSet } from './tool-set.js'

function tool(name: string, readOnly: boolean): ToolInfo {
  const inputSchema = { type: 'object' }
  const kind = { trusted: true, isReadOnly: () => readOnly, mayRead: readOnly, isDestructive: !readOnly }
  return { name, server: 'test', description: name, inputSchema, ...kind }
}

function asked(name: string): ToolRequest {
  return {
    name,
    args: {},
    key: name,
    step: 'step',
    branch: 0,
    panels: [],
    signal: new AbortController().signal,
    onProgress() {},
    onLog() {},
    elicit: async () => ({ action: 'cancel' }),
  }
}

test('a call that reads begins at once; one that may change something, or that nobody knows, waits', async () => {
  const begun: string[] = []
  const tools: ToolSet = {
    tools: [tool('read', true), tool('write', false)],
    instructions: [],
    problems: [],
    async call({ name }) {
      begun.push(name)
      return { ok: true, text: '', images: [], applied: undefined, facts: undefined, panel: undefined }
    },
    readPanels: async () => ({ results: [], problems: [] }),
  }
  let release = () => {}
  const ready = new Promise<void>((resolve) => {
    release = resolve
  })
  const held = holdChanges(tools, () => ready)
  const waiting = [held.call(asked('write')), held.call(asked('unknown'))]
  await held.call(asked('read'))
  expect(begun).toEqual(['read'])
  release()
  await Promise.all(waiting)
  expect(begun).toEqual(['read', 'write', 'unknown'])
})
