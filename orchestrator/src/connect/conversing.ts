import type { RemoteCall } from '@auroracoder/kit/client'
import type { ToolRequest } from './tool-set.js'

/** What a server may say during a call, given to the request with the server's name. */
export function conversing(server: string, request: ToolRequest): Pick<RemoteCall, 'onProgress' | 'onLog' | 'elicit'> {
  return {
    onProgress: (message) => request.onProgress(message),
    onLog: (entry) => request.onLog({ server, ...entry }),
    elicit: (question) => request.elicit({ server, ...question }),
  }
}
