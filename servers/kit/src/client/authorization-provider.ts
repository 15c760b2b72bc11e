import { randomBytes } from 'node:crypto'
import type { OAuthClientProvider, OAuthDiscoveryState } from '@modelcontextprotocol/client'
import { z } from 'zod'
import { AuthorizationNeeded, type AuthorizationOptions } from './authorization.js'

/** The SDK's view of us as an OAuth client, with what is asked beside it. */
export interface Provider extends OAuthClientProvider {
  /** The scope of the last request for authorization. */
  askedScope(): string | undefined
  /** A server that refuses may have moved to another authorization server. */
  forgetDiscovery(): void
  /** What the person was sent back with. Rejects when that was not an answer to our own request. */
  visited(): Promise<URLSearchParams>
}

const tokensSchema = z.object({
  access_token: z.string(),
  token_type: z.string(),
  refresh_token: z.string().optional(),
  expires_in: z.number().optional(),
  scope: z.string().optional(),
  id_token: z.string().optional(),
  issuer: z.string().optional(),
})
const clientSchema = z.object({
  client_id: z.string(),
  client_secret: z.string().optional(),
  client_secret_expires_at: z.number().optional(),
  token_endpoint_auth_method: z.string().optional(),
  issuer: z.string().optional(),
})
/** By issuer: what one authorization server gave is never shown to another. */
const credentialsSchema = z.object({
  clients: z.record(z.string(), clientSchema).default({}),
  tokens: z.record(z.string(), tokensSchema).default({}),
  /** Whose token goes to the server. */
  issuer: z.string().optional(),
})

export function createProvider({
  client,
  clientName,
  scope,
  metadataUrl,
  store,
  visit,
}: AuthorizationOptions): Provider {
  let loaded: Promise<z.infer<typeof credentialsSchema>> | undefined
  let verifier = ''
  let discovery: OAuthDiscoveryState | undefined
  let asked: string | undefined
  let state = ''
  let visiting: Promise<URLSearchParams> | undefined

  const credentials = (): Promise<z.infer<typeof credentialsSchema>> => {
    loaded ??= store.read().then((kept) => credentialsSchema.safeParse(kept).data ?? credentialsSchema.parse({}))
    return loaded
  }
  const save = async (): Promise<void> => store.write({ ...(await credentials()) })

  return {
    redirectUrl: visit?.redirectUrl,
    ...(metadataUrl === undefined ? {} : { clientMetadataUrl: metadataUrl }),
    clientMetadata: {
      client_name: clientName,
      redirect_uris: visit ? [visit.redirectUrl] : [],
      grant_types: visit ? ['authorization_code', 'refresh_token'] : ['client_credentials'],
      ...(visit ? { response_types: ['code'] } : {}),
      ...(scope === undefined ? {} : { scope }),
    },
    state() {
      state = randomBytes(16).toString('base64url')
      return state
    },
    async clientInformation(context) {
      if (client) {
        return {
          client_id: client.id,
          ...(client.secret === undefined ? {} : { client_secret: client.secret }),
          ...(client.issuer === undefined ? {} : { issuer: client.issuer }),
        }
      }
      return context && (await credentials()).clients[context.issuer]
    },
    async saveClientInformation(information, context) {
      // One that was given stays where it was given.
      if (client || !context) return
      const kept = await credentials()
      kept.clients[context.issuer] = clientSchema.parse(information)
      await save()
    },
    async tokens(context) {
      const kept = await credentials()
      const issuer = context?.issuer ?? kept.issuer
      return issuer === undefined ? undefined : kept.tokens[issuer]
    },
    async saveTokens(tokens, context) {
      const issuer = context?.issuer ?? tokens.issuer
      if (issuer === undefined) throw new Error('A token has come without the name of who issued it.')
      const kept = await credentials()
      const refresh = kept.tokens[issuer]?.refresh_token
      kept.tokens[issuer] = {
        ...(refresh === undefined ? {} : { refresh_token: refresh }),
        ...tokensSchema.parse(tokens),
      }
      kept.issuer = issuer
      await save()
    },
    async invalidateCredentials(what) {
      const kept = await credentials()
      if (what === 'all' || what === 'discovery') discovery = undefined
      if (what === 'all' || what === 'client') kept.clients = {}
      if (what === 'all' || what === 'tokens') kept.tokens = {}
      await save()
    },
    saveDiscoveryState(found) {
      discovery = found
    },
    discoveryState: () => discovery,
    forgetDiscovery() {
      discovery = undefined
    },
    saveCodeVerifier(code) {
      verifier = code
    },
    codeVerifier: () => verifier,
    redirectToAuthorization(page) {
      if (!visit)
        throw new AuthorizationNeeded(`${page.origin} wants a person to consent, and nobody can be sent there.`)
      asked = page.searchParams.get('scope') ?? undefined
      visiting = visit.open(page)
      visiting.catch(() => {})
    },
    askedScope: () => asked,
    async visited() {
      const back = await visiting
      if (!back) throw new AuthorizationNeeded('Nobody has been sent to consent.')
      if (back.get('state') !== state) throw new AuthorizationNeeded('The answer belongs to another request (state).')
      return back
    },
    ...(visit
      ? {}
      : {
          prepareTokenRequest(wanted: string | undefined) {
            const params = new URLSearchParams({ grant_type: 'client_credentials' })
            const all = wanted ?? scope
            if (all !== undefined) params.set('scope', all)
            return params
          },
        }),
  }
}
