import { stat } from 'node:fs/promises'

export interface User {
  uid: number
  gid: number
}

/** The agent's own folder inside, in memory. */
export const homeDir = '/home/agent'

/** Who the image knows by name where this machine has no such numbers. */
export const imageAgent: User = { uid: 1000, gid: 1000 }

/** Nobody's; PID 1 when the agent itself is root. */
const unusedUid = 65_532

/**
 * The agent has the numbers of this machine's user, so that the files it writes are theirs. Root works in a folder as
 * its owner: for root's own that is root, who has no capability inside.
 */
export async function agentUser(workspace: string): Promise<User> {
  const uid = process.getuid?.()
  const gid = process.getgid?.()
  if (uid === undefined || gid === undefined) return imageAgent
  if (uid !== 0) return { uid, gid }
  const owner = await stat(workspace)
  return { uid: owner.uid, gid: owner.gid }
}

/** Who PID 1 is: never the agent, who could end the container with a signal. */
export function keeperUser({ uid }: User): string {
  return uid === 0 ? `${unusedUid}:${unusedUid}` : '0:0'
}
