import type { PanelChange } from '@auroracoder/kit/wire'
import { hunksBetween } from '../edit/hunks.js'
import { type FileHistory, newestOf, observe } from '../history/file-history.js'
import type { TextDocument } from '../text/document.js'
import { viewOf } from '../view/view.js'
import type { FileMemory, OpenFile } from './conversations.js'
import { updateOf } from './update.js'
import { clampedTo, requestsAfter, type Visible, visibleIn } from './visible.js'

/** What an open file has become, and what tells it. */
export interface Refreshed {
  readonly history: FileHistory
  readonly visible: Visible
  /** Absent when what is shown is still true. */
  readonly change: Pick<PanelChange, 'kind' | 'edit' | 'view'> | undefined
}

export interface RefreshOptions {
  readonly path: string
  readonly step: string | undefined
  readonly onlyVisible: boolean
  readonly charsMax: number
}

/** Compares what is shown of an open file with what it is now. */
export function refresh(
  { open, history }: FileMemory & { open: OpenFile },
  document: TextDocument,
  { path, step, onlyVisible, charsMax }: RefreshOptions,
): Refreshed {
  const { visible, hash } = open
  if (hash === document.hash) {
    if (history) return { history, visible, change: undefined }
    const shown = clampedTo(visible, document.lines.texts)
    const loaded = observe(undefined, { document, origin: 'opened', step, shown: shown.lines })
    return { history: loaded, visible: shown, change: undefined }
  }
  const known = newestOf(history)
  if (!known) {
    const { view } = viewOf(document, { path, requests: requestsAfter(visible, []), charsMax })
    const shown = visibleIn(view)
    const fresh = observe(undefined, { document, origin: 'opened', step, shown: shown.lines })
    return { history: fresh, visible: shown, change: { kind: 'opened', view } }
  }
  const hunks = hunksBetween(known.texts, document.lines.texts)
  const update = updateOf(document, { path, known, visible, hunks, onlyVisible, charsMax })
  return {
    history: observe(history, { document, origin: 'drifted', step, hunks, shown: update.visible.lines }),
    visible: update.visible,
    change: { kind: 'drifted', ...update.change },
  }
}
