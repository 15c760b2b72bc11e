import { join } from 'node:path/posix'
import type { ServerName } from '../sandbox.js'

/** What the image has, and where. `sandbox/image/Dockerfile` puts it there. */
export const servers: readonly ServerName[] = ['files', 'shell']

const programs = '/opt/auroracoder'
/** By its full path: the agent may have put a program of that name in the way. */
const node = join(programs, 'node')

/** Where the workspace is mounted, and every command starts. */
export const workspaceDir = '/workspace'
/** Mount a volume of the sandbox here: everybody may write to it, as to /tmp. */
export const stateDir = '/var/lib/auroracoder'
/** On the loopback inside. The image's environment names them. */
export const proxyPorts = { http: 3128, socks: 1080 } as const

/** Starts a server; its flags follow. */
export function serverCommand(name: ServerName): readonly [string, ...string[]] {
  return [node, join(programs, 'servers', 'start.cjs'), name]
}

/** Starts one end of what the sandbox has instead of a network. */
export function networkProgram(name: 'egress' | 'ingress'): readonly [string, ...string[]] {
  return [node, join(programs, 'network', 'inside', `${name}.js`)]
}

/** The user of the web server: another than the agent's, who must not read its keys. */
export function webUid(agentUid: number): number {
  return agentUid === usualWebUid ? usualWebUid + 1 : usualWebUid
}

const usualWebUid = 1_001
