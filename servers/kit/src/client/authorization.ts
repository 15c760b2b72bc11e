import {
  auth,
  computeScopeUnion,
  extractWWWAuthenticateParams,
  type FetchLike,
  isStrictScopeSuperset,
} from '@modelcontextprotocol/client'
import { createProvider, type Provider } from './authorization-provider.js'

/** Keeps what an authorization server gave us. What it holds is secret. */
export interface CredentialStore {
  /** Undefined when there is nothing, or nothing that can be read. */
  read(): Promise<unknown>
  write(credentials: Record<string, unknown>): Promise<void>
}

/** How to get a token from the authorization server that an HTTP server names when it answers 401 or 403. */
export interface AuthorizationOptions {
  clientName: string
  store: CredentialStore
  /** Registered beforehand. Without it, and with `visit`, a client registers itself. */
  client?: { id: string; secret?: string /** It goes to no other authorization server. */; issuer?: string }
  scope?: string
  /** Where the description of the client is published, for servers that take its URL as the client's id. */
  metadataUrl?: string
  /**
   * Sends a person to the page where they consent and answers with the query that they were sent back with. Without
   * it the client can only ask in its own name (client credentials).
   */
  visit?: { redirectUrl: string; open(page: URL): Promise<URLSearchParams> }
}

/** The server wants a token that we have no way to get. */
export class AuthorizationNeeded extends Error {
  override readonly name = 'AuthorizationNeeded'
}

/** How often one request is sent again with a better token: a new one, then one with more scope. */
export const authorizationsPerRequestMax = 2

/** A `fetch` that sends the token of a server, and gets one when the server asks for it. */
export function createAuthorizedFetch(serverUrl: URL, options: AuthorizationOptions): FetchLike {
  const provider = createProvider(options)
  let authorizing: Promise<void> | undefined

  /** Requests that are refused at once share one authorization. */
  const authorizeOnce = (response: Response): Promise<void> => {
    authorizing ??= authorize({ serverUrl, response, provider, options }).finally(() => {
      authorizing = undefined
    })
    return authorizing
  }

  return async (input, init) => {
    let token = (await provider.tokens())?.access_token
    for (let attempt = 0; ; attempt += 1) {
      const response = await fetch(input, withToken(init, token))
      if (attempt === authorizationsPerRequestMax || !asksForToken(response)) return response
      await response.body?.cancel()
      const current = (await provider.tokens())?.access_token
      // Another request may have been given a new one meanwhile.
      if (current === token) await authorizeOnce(response)
      token = (await provider.tokens())?.access_token
    }
  }
}

function withToken(init: RequestInit | undefined, token: string | undefined): RequestInit {
  const headers = new Headers(init?.headers)
  if (token !== undefined) headers.set('authorization', `Bearer ${token}`)
  return { ...init, headers }
}

function asksForToken(response: Response): boolean {
  if (response.status === 401) return true
  return response.status === 403 && extractWWWAuthenticateParams(response).error === 'insufficient_scope'
}

interface Authorize {
  serverUrl: URL
  response: Response
  provider: Provider
  options: AuthorizationOptions
}

async function authorize({ serverUrl, response, provider, options }: Authorize): Promise<void> {
  const { resourceMetadataUrl, scope: challenged } = extractWWWAuthenticateParams(response)
  const granted = (await provider.tokens())?.scope
  const isStepUp = response.status === 403
  const scope = isStepUp ? computeScopeUnion(provider.askedScope(), granted, challenged) : challenged
  if (!isStepUp) provider.forgetDiscovery()
  if (!options.visit && !options.client) {
    throw new AuthorizationNeeded(
      `${serverUrl.origin} asks for authorization (HTTP ${response.status}), and none is configured for it.`,
    )
  }
  const request = {
    serverUrl,
    ...(resourceMetadataUrl ? { resourceMetadataUrl } : {}),
    ...(scope === undefined ? {} : { scope }),
  }
  // A refresh never widens the scope.
  const forceReauthorization = isStepUp && isStrictScopeSuperset(scope, granted)
  if ((await auth(provider, { ...request, forceReauthorization })) === 'AUTHORIZED') return
  const back = await provider.visited()
  const code = back.get('code')
  const iss = back.get('iss')
  if (code === null) throw new AuthorizationNeeded(`The user was sent back without a code by ${serverUrl.origin}.`)
  await auth(provider, { ...request, authorizationCode: code, ...(iss === null ? {} : { iss }) })
}
