import type { ToolSet } from './tool-set.js'

/** The same tools; before a call that may change something `prepare` has to settle, those that read begin at once. */
export function holdChanges<Tools extends ToolSet>(tools: Tools, prepare: () => Promise<void>): Tools {
  return {
    ...tools,
    async call(request) {
      const tool = tools.tools.find(({ name }) => name === request.name)
      if (!tool?.isReadOnly(request.args)) await prepare()
      return tools.call(request)
    },
  }
}
