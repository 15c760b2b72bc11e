import { applyChange, nothingShown, renderChange, renderShown } from '@auroracoder/kit/panel'
import type { PanelChange } from '@auroracoder/kit/wire'

/** The changes one after another, as they happened. */
export function changesText(changes: readonly PanelChange[], nonce: string): string {
  return changes.map((change) => renderChange(change, nonce)).join('\n')
}

/** The change for a place where the arguments of the call that wrote the file do not stand before it. */
export function inFull(change: PanelChange): PanelChange {
  return change.written ? { ...change, written: false } : change
}

/** All that the changes have led to, as one fresh block; empty when nothing is open. */
export function stateText(changes: readonly PanelChange[], nonce: string): string {
  const files = renderShown(changes.reduce(applyChange, nothingShown), nonce)
  const texts = [...replacedTexts(changes)].map(([key, text]) => renderChange({ kind: 'replaced', key, text }, nonce))
  const blocks = [files, ...texts].filter((block) => block !== '')
  return blocks.length === 0 ? '' : [stateHeadline, ...blocks].join('\n')
}

const stateHeadline = 'All open files as they are now; this replaces everything that was shown of them before.'

/** The entries of panels that are not files: the newest text of each. */
function replacedTexts(changes: readonly PanelChange[]): Map<string, string> {
  const texts = new Map<string, string>()
  for (const { kind, key, text } of changes) {
    if (kind === 'replaced') texts.set(key, text ?? '')
    else if (kind === 'closed' || kind === 'deleted') texts.delete(key)
  }
  return texts
}
