import { createHash } from 'node:crypto'
import { type ContextFile, readContext } from './context.js'
import { servers, webUid } from './layout.js'
import { checkOptions, type ImageOptions } from './options.js'

/** All that the engine needs to build one image. */
export interface Recipe {
  tag: string
  /** The stage of the Dockerfile. */
  target: string
  buildArgs: Record<string, string>
  files: readonly ContextFile[]
}

/** Names the image by all that it is built from: while nothing changes, the image that is there is the right one. */
export async function imageTag(options: ImageOptions): Promise<string> {
  return (await readRecipe(options)).tag
}

export async function readRecipe(options: ImageOptions): Promise<Recipe> {
  checkOptions(options)
  const { layer: target } = options
  const files = await readContext(options)
  const buildArgs = argumentsOf(options)
  return { tag: `${repository}:${hashOf({ target, buildArgs, files })}`, target, buildArgs, files }
}

const repository = 'auroracoder-sandbox'
const hashDigits = 16
const caInside = '/usr/local/share/ca-certificates/auroracoder/ca.crt'

function argumentsOf({ base, agentUid, agentGid, caFile }: ImageOptions): Record<string, string> {
  return {
    BASE: base,
    SERVERS: servers.join(' '),
    AGENT_UID: `${agentUid}`,
    AGENT_GID: `${agentGid}`,
    WEB_UID: `${webUid(agentUid)}`,
    EXTRA_CA: caFile === undefined ? '' : caInside,
  }
}

function hashOf({ target, buildArgs, files }: Omit<Recipe, 'tag'>): string {
  const hash = createHash('sha256').update(JSON.stringify([target, buildArgs]))
  for (const { path, content } of files) hash.update(`\0${path}\0${content.length}\0`).update(content)
  return hash.digest('hex').slice(0, hashDigits)
}
