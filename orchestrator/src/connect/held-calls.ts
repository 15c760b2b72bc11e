import type { ToolSet } from './tool-set.js'

/** The same tools; calls that may change something begin only when `ready` resolves, those that read at once. */
export function holdChanges<Tools extends ToolSet>(tools: Tools, ready: Promise<void>): Tools {
  return {
    ...tools,
    async call(request) {
      const tool = tools.tools.find(({ name }) => name === request.name)
      if (!tool?.isReadOnly(request.args)) await ready
      return tools.call(request)
    },
  }
}
