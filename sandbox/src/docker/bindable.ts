import { realpath } from 'node:fs/promises'
import { homedir } from 'node:os'
import { join, sep } from 'node:path'
import { SandboxError } from '../sandbox.js'

export interface BindRules {
  /** A folder of the host that nothing inside may see, but for the workspaces in `open`, which is in it. */
  apart: { folder: string; open: string }
}

/** What the system keeps in them is not for an agent, and a mount over them would hide what the image has there. */
const systemFolders = [
  ...['/bin', '/boot', '/dev', '/etc', '/lib', '/lib32', '/lib64', '/libx32', '/proc', '/run', '/sbin', '/sys', '/usr'],
  ...['/var/run', '/var/lib/docker', '/var/lib/containerd', '/var/lib/auroracoder', '/opt/auroracoder'],
]

/** In a home directory these hold keys and the settings of programs that run as the user. */
const privateFolders = [
  '.ssh',
  '.gnupg',
  '.aws',
  '.azure',
  '.kube',
  '.docker',
  '.config',
  '.local/bin',
  '.npm',
  '.cargo/bin',
]

/**
 * Refuses a workspace that would hand the sandbox more than a project: the root, a home directory, a system's or a
 * private folder, or whatever holds one of these.
 *
 * @param workspace a real path
 */
export async function checkBindable(workspace: string, { apart }: BindRules): Promise<void> {
  const refuse = (why: string): never => {
    throw new SandboxError(
      `The workspace ${workspace} cannot be given to a container: ${why}. Choose the folder of one project.`,
    )
  }
  if (workspace.includes(':')) refuse('the Docker engine cannot mount a path with a colon')
  const home = await real(homedir())
  const [own, open] = await Promise.all([real(apart.folder), real(apart.open)])
  if (holds(own, workspace) && !(holds(open, workspace) && open !== workspace)) refuse(`it is in ${own}`)
  const whole = [home, own, open, sep]
  for (const folder of whole) if (holds(workspace, folder)) refuse(`it is or holds ${folder}`)
  const closed = [...systemFolders, ...privateFolders.map((name) => join(home, name))]
  for (const folder of await Promise.all(closed.map(real))) {
    if (holds(folder, workspace)) refuse(`it is in ${folder}`)
    if (holds(workspace, folder)) refuse(`it holds ${folder}`)
  }
}

async function real(path: string): Promise<string> {
  return realpath(path).catch(() => path)
}

function holds(outer: string, inner: string): boolean {
  return inner === outer || inner.startsWith(outer.endsWith(sep) ? outer : outer + sep)
}
