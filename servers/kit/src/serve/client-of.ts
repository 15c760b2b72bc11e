import {
  CLIENT_CAPABILITIES_META_KEY,
  CLIENT_INFO_META_KEY,
  type Server,
  type ServerContext,
} from '@modelcontextprotocol/server'
import { z } from 'zod'
import { panelCapabilitySchema, panelExtension } from '../wire/panel.js'

/** Who asks, as far as answers depend on it. */
export interface ClientFacts {
  name: string | undefined
  keepsPanels: boolean
}

const envelopeSchema = z.object({
  [CLIENT_INFO_META_KEY]: z.object({ name: z.string() }).optional(),
  [CLIENT_CAPABILITIES_META_KEY]: z.record(z.string(), z.unknown()).optional(),
})

const declaredSchema = z.object({ [panelExtension]: panelCapabilitySchema })

/** 2026-07-28 names the client in each request, the 2025 revisions once per connection. */
export function clientOf(server: Server, { mcpReq }: ServerContext): ClientFacts {
  const envelope = envelopeSchema.safeParse(mcpReq.envelope).data
  const info = envelope?.[CLIENT_INFO_META_KEY] ?? server.getClientVersion()
  const capabilities: Readonly<Record<string, unknown>> =
    envelope?.[CLIENT_CAPABILITIES_META_KEY] ?? server.getClientCapabilities() ?? {}
  const declared = [capabilities.extensions, capabilities.experimental]
  return { name: info?.name, keepsPanels: declared.some((where) => declaredSchema.safeParse(where).success) }
}
