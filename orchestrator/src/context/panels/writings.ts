import { mergeEdits } from '@auroracoder/kit/panel'
import type { Edit, PanelChange } from '@auroracoder/kit/wire'

/** A file that the model reads in the arguments of the call that wrote it. */
export interface Writing {
  readonly change: PanelChange
  /** What has become of the file since; absent when nothing has. */
  readonly since: Edit | undefined
}

/**
 * The open files, by key, of which the model still holds what it wrote whole: all that happened to them since is known
 * as edits. The arguments of calls are never taken back, so the text need not be shown a second time.
 */
export function standingWritings(changes: readonly PanelChange[]): Map<string, Writing> {
  const writings = new Map<string, Writing>()
  for (const change of changes) follow(writings, change)
  return writings
}

function follow(writings: Map<string, Writing>, change: PanelChange): void {
  const { key, to, view, edit } = change
  const known = writings.get(key)
  if (change.written) writings.set(key, { change, since: undefined })
  else if (known && edit) {
    writings.set(key, { ...known, since: known.since ? mergeEdits(known.since, edit) : edit })
  } else if (!known || view?.revision !== (known.since?.newRevision ?? known.change.view?.revision)) {
    writings.delete(key)
    if (to !== undefined) writings.delete(to)
  }
}
