export { demoScript, demoTask } from './script.js'
export { createDemoWorkspace } from './workspace.js'
