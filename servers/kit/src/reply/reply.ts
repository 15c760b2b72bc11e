import type { PanelChange } from '../wire/panel.js'

/** What a handler tells about its call. One renderer turns it into the MCP result, caps it and adds the panel. */
export interface Reply {
  /** A block of text; blocks are joined by newlines. */
  text(block: string): void
  /** A file view or hunk: shown verbatim to plain hosts, sent as data to hosts that keep the panel. */
  change(change: PanelChange): void
  /** One sentence about a correction that was made for the caller. */
  note(sentence: string): void
  /** Marks the call as failed and says why: expected, found, what to do next. */
  fail(message: string): void
  /** An image of at most 700 KB. */
  image(bytes: Uint8Array, mimeType: string): void
  /** Machine-readable facts: `_meta["auroracoder/result"]`. */
  result(facts: Record<string, unknown>): void
  /** The call in its canonical form, as it really ran: `_meta["auroracoder/applied"]`. */
  applied(args: Record<string, unknown>): void
}
