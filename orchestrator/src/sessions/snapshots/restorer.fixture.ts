import { createSnapshotKeeper } from './keeper.js'

/** Restores once, in a process that a test may end at any moment. */
export async function main(root: string, workspace: string, seq: string): Promise<void> {
  const keeper = createSnapshotKeeper({ root, env: process.env })
  process.stdout.write('begin\n')
  await keeper.restore({ id: 'ses_1', workspace }, Number(seq))
  process.stdout.write('done\n')
}
