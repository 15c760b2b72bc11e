export { type BuildRequest, buildImage, imageLabel } from './image/build.js'
export { networkProgram, proxyPorts, serverCommand, stateDir, webUid, workspaceDir } from './image/layout.js'
export { type ImageOptions, imageDefaults } from './image/options.js'
export { imageTag } from './image/recipe.js'
export { createLocalSandbox, type LocalOptions } from './local.js'
export {
  type ExecRequest,
  type ExecResult,
  type ExitReport,
  type Sandbox,
  SandboxError,
  type ServerName,
  type ServerProcess,
} from './sandbox.js'
export { serverEnvironment } from './server-environment.js'
