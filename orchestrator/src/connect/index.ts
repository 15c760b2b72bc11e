export type { ElicitAnswer } from '@auroracoder/kit/client'
export type { ForeignServer } from './foreign-server.js'
export { holdChanges } from './held-calls.js'
export type {
  Elicitation,
  PanelReadings,
  ServerProblem,
  ToolInfo,
  ToolOutcome,
  ToolRequest,
  ToolSet,
} from './tool-set.js'
export { createWorkbenches, type Workbench, type Workbenches, type WorkbenchKey } from './workbenches.js'
