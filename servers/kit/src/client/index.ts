export { connectHttp, connectStdio, connectStream, type HttpEndpoint, type StdioCommand } from './connect.js'
export type { Connection, ConnectOptions, RemoteCall, RemoteImage, RemoteResult, RemoteTool } from './connection.js'
