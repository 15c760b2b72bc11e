import { SessionFailure } from '../failure.js'
import { type Git, unavailable } from './git.js'
import { type LeftNote, readNote } from './left.js'

const refs = 'refs/turns/'

export interface Labelled {
  tree: string
  note: LeftNote
}

export async function listLabels(git: Git): Promise<number[]> {
  const lines = await git.run(['for-each-ref', '--format=%(refname)', refs])
  const names = lines.split('\n').filter((line) => line.startsWith(refs))
  return names.map((name) => Number(name.slice(refs.length))).sort((one, other) => one - other)
}

export async function putLabel(git: Git, label: number, { tree, note }: { tree: string; note: string }): Promise<void> {
  const commit = (await git.run(['commit-tree', tree], note)).trim()
  await git.run(['update-ref', `${refs}${checked(label)}`, commit])
}

export async function dropLabels(git: Git, labels: readonly number[]): Promise<void> {
  await git.run(['update-ref', '-z', '--stdin'], labels.map((label) => `delete ${refs}${label}\0\0`).join(''))
}

export async function findLabel(git: Git, label: number): Promise<Labelled> {
  if (!(await listLabels(git)).includes(checked(label))) throw unknownSnapshot(label)
  const commit = await git.run(['cat-file', 'commit', `${refs}${label}`])
  const tree = /^tree ([0-9a-f]+)$/m.exec(commit)?.[1]
  if (tree === undefined) throw unavailable(`Snapshot ${label} cannot be read: its repository is damaged.`)
  return { tree, note: readNote(commit.slice(commit.indexOf('\n\n') + 2)) }
}

function checked(label: number): number {
  if (Number.isSafeInteger(label) && label >= 0) return label
  throw new Error(`A snapshot is labelled with a seq, a whole number from 0, not ${label}.`)
}

export function unknownSnapshot(label: number): SessionFailure {
  const message = `There is no snapshot ${label}: none was taken then, or it was among the oldest and has been dropped.`
  return new SessionFailure('unknown_snapshot', message, { details: { label } })
}
