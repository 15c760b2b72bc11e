import { SandboxError } from '../sandbox.js'

export interface ImageOptions {
  /** A Debian 12 image with Node 20 and npm. */
  base: string
  /** `desktop` adds an X server, a window manager and a browser. */
  layer: 'base' | 'desktop'
  /** The user of the agent's tools: that of the workspace's files. */
  agentUid: number
  agentGid: number
  /** Certificates (PEM) to trust beside the usual ones, for machines behind a proxy that opens TLS. */
  caFile?: string
  /** Where the servers are built; the checkout that this file belongs to unless given. */
  checkout?: string
}

export const imageDefaults: Readonly<ImageOptions> = {
  base: 'node:20-bookworm-slim',
  layer: 'base',
  agentUid: 1_000,
  agentGid: 1_000,
}

/** Throws `SandboxError` for what the image cannot be built with. */
export function checkOptions({ base, agentUid, agentGid }: ImageOptions): void {
  checkImage('The base of the image', base)
  checkId('uid', agentUid)
  checkId('gid', agentGid)
}

/** Throws `SandboxError` for what is no name of an image; `what` begins the sentence. */
export function checkImage(what: string, name: string): void {
  if (reference.test(name)) return
  throw new SandboxError(`${what} is "${name}". Give the name of an image, as ${imageDefaults.base}.`)
}

const reference = /^[a-z0-9][\w.\-/:@]*$/

/** The highest number that is no stand-in for nobody. */
const idMax = 65_533

function checkId(kind: 'uid' | 'gid', id: number): void {
  if (Number.isInteger(id) && id >= 1 && id <= idMax) return
  throw new SandboxError(
    `The agent's ${kind} is ${id}, but must be a whole number from 1 to ${idMax}: the agent is never root. Give ${imageDefaults.agentUid} if the user's own does not fit.`,
  )
}
