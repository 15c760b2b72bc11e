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
