export { Failure } from './failure.js'
export type { Reply } from './reply/reply.js'
export type {
  CallParams,
  Family,
  KitHandlers,
  Log,
  OwnFlag,
  PanelOwner,
  PanelPosition,
  PanelReading,
  ResourceText,
  ServerDefinition,
  ServerOptions,
} from './serve/definition.js'
export { runServer } from './serve/run-server.js'
export { defineTool } from './tool/define-tool.js'
export type { Arguments, Call, Effects, Hints, Note, Tool, ToolDefinition } from './tool/tool.js'
