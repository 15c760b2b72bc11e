export type { ForeignServer } from './foreign-server.js'
export type {
  ElicitAnswer,
  Elicitation,
  PanelReadings,
  ServerProblem,
  ToolInfo,
  ToolOutcome,
  ToolRequest,
  ToolSet,
} from './tool-set.js'
export { createWorkbenches, type Workbench, type Workbenches, type WorkbenchKey } from './workbenches.js'
