export { connectHttp, connectStdio, connectStream, type HttpEndpoint, type StdioCommand } from './connect.js'
export type {
  Connection,
  ConnectOptions,
  PanelRead,
  RemoteCall,
  RemoteImage,
  RemoteResult,
  RemoteTool,
} from './connection.js'
