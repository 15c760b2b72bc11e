export type {
  ElicitAnswer,
  Elicitation,
  PanelReadings,
  ToolInfo,
  ToolOutcome,
  ToolRequest,
  ToolSet,
} from './tool-set.js'
export { createWorkbenches, type Workbench, type Workbenches, type WorkbenchKey } from './workbenches.js'
