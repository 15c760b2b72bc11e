export { type ContainerLimits, containerLimits, type Profile } from './docker/container-options.js'
export { type Owner, thisProcess } from './docker/owner.js'
export { type ImageOptions, imageDefaults } from './image/options.js'
export { createLocalSandbox, type LocalOptions } from './local.js'
export { defaultHosts } from './network/default-hosts.js'
export type { EgressPolicy } from './network/policy.js'
export {
  type ExecRequest,
  type ExecResult,
  type ExitReport,
  type Sandbox,
  SandboxError,
  type ServerName,
  type ServerProcess,
  type Surroundings,
} from './sandbox.js'
export {
  type Choice,
  createSandboxes,
  type DockerSettings,
  type Driver,
  type Sandboxes,
  type SandboxesOptions,
  type SandboxKey,
  type Wish,
} from './sandboxes.js'
export { serverEnvironment } from './server-environment.js'
