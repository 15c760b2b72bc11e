export {
  AuthorizationNeeded,
  type AuthorizationOptions,
  type CredentialStore,
} from './authorization.js'
export { type LogEntry, type RemoteCall, ServerSilent } from './call-tool.js'
export { connectHttp, connectStdio, connectStream, type HttpEndpoint, type StdioCommand } from './connect.js'
export type { Connection, ConnectOptions, PanelRead, RemoteTool } from './connection.js'
export type { ElicitAnswer, Question } from './elicitation.js'
export type { RemoteImage, RemoteResult } from './remote-result.js'
export { untilAborted } from './until-aborted.js'
