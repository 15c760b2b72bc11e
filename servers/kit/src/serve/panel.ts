import { ProtocolError, ProtocolErrorCode, type Server, type ServerCapabilities } from '@modelcontextprotocol/server'
import {
  panelExtension,
  panelReadMethod,
  panelReadParamsSchema,
  panelReadResultSchema,
  panelVersion,
} from '../wire/panel.js'
import type { PanelOwner } from './definition.js'

/** Where 2026-07-28 and the revisions before it look for an extension. */
export function panelCapabilities(panel: PanelOwner | undefined): ServerCapabilities {
  if (!panel) return {}
  const declared = { [panelExtension]: { version: panelVersion, panels: [panel.id] } }
  return { extensions: declared, experimental: declared }
}

/** Answers what has changed without a call. */
export function servePanel(server: Server, panel: PanelOwner): void {
  server.setRequestHandler(
    panelReadMethod,
    { params: panelReadParamsSchema, result: panelReadResultSchema },
    async ({ id, conversation, state, since }) => {
      if (id !== panel.id) {
        throw new ProtocolError(
          ProtocolErrorCode.InvalidParams,
          `There is no panel "${id}" here; there is "${panel.id}".`,
        )
      }
      await panel.adopt(conversation, state)
      const { revision, state: next, changes } = await panel.read(conversation, since)
      return { revision, state: next, changes: [...changes] }
    },
  )
}
