import { applyChange, nothingShown, renderChange, type ShownFile, viewOfShown } from '@auroracoder/kit/panel'
import type { PanelChange } from '@auroracoder/kit/wire'
import type { Writing } from './writings.js'

/** The changes one after another, as they happened. */
export function changesText(changes: readonly PanelChange[], nonce: string): string {
  return changes.map((change) => renderChange(change, nonce)).join('\n')
}

/** The change for a place where the arguments of the call that wrote the file do not stand before it. */
export function inFull(change: PanelChange): PanelChange {
  return change.written ? { ...change, written: false } : change
}

/** What is said of a panel when all that was said before is taken back. */
export interface State {
  readonly changes: readonly PanelChange[]
  /** By key: files that the model still reads in its own arguments. */
  readonly writings: ReadonlyMap<string, Writing>
}

/** All that the changes have led to, as one fresh block; empty when nothing is open or all of it stands in arguments. */
export function stateText({ changes, writings }: State, nonce: string): string {
  const shown = changes.reduce(applyChange, nothingShown)
  const files = [...shown].map(([key, file]) => fileText(file, writings.get(key), nonce))
  const texts = [...replacedTexts(changes)].map(([key, text]) => renderChange({ kind: 'replaced', key, text }, nonce))
  const blocks = [...files, ...texts].filter((block) => block !== '')
  if (blocks.length === 0) return ''
  return [writings.size === 0 ? stateHeadline : stateHeadlineWithWritings, ...blocks].join('\n')
}

const stateHeadline = 'All open files as they are now; this replaces everything that was shown of them before.'
const stateHeadlineWithWritings =
  'All open files as they are now; this replaces everything that was shown of them before. What you wrote whole and is not shown whole here is as you wrote it, but for the changes that follow.'

/** The shorter of a fresh view and of what has changed in what the model wrote. */
function fileText(file: ShownFile, writing: Writing | undefined, nonce: string): string {
  if (writing && !writing.since) return ''
  const { path: key } = file
  const view = renderChange({ kind: 'opened', key, view: viewOfShown(file) }, nonce)
  if (!writing?.since) return view
  const edit = renderChange({ kind: 'edited', key, edit: writing.since }, nonce)
  return edit.length < view.length ? edit : view
}

/** The entries of panels that are not files: the newest text of each. */
function replacedTexts(changes: readonly PanelChange[]): Map<string, string> {
  const texts = new Map<string, string>()
  for (const { kind, key, text } of changes) {
    if (kind === 'replaced') texts.set(key, text ?? '')
    else if (kind === 'closed' || kind === 'deleted') texts.delete(key)
  }
  return texts
}
