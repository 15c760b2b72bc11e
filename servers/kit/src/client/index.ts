export { connectHttp, connectStdio, connectStream, type HttpEndpoint, type StdioCommand } from './connect.js'
export {
  type Connection,
  type ConnectOptions,
  type PanelRead,
  type RemoteCall,
  type RemoteImage,
  type RemoteResult,
  type RemoteTool,
  ServerSilent,
} from './connection.js'
