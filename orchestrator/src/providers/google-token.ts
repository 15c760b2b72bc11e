import { ModelFailure } from './failure.js'

/** An access token that is valid now. */
export type GetToken = () => Promise<string>

const scopes = ['https://www.googleapis.com/auth/cloud-platform']

/** Tokens of Google's application default credentials. The library is loaded with the first one; it renews them. */
export function createGoogleToken(): GetToken {
  let auth: Promise<{ getAccessToken(): Promise<string | null | undefined> }> | undefined
  return async () => {
    auth ??= import('google-auth-library').then(({ GoogleAuth }) => new GoogleAuth({ scopes }))
    const token = await auth.then((google) => google.getAccessToken()).catch(refused)
    return token || refused(new Error('none was given'))
  }
}

function refused(cause: unknown): never {
  const why = cause instanceof Error ? cause.message.replace(/\.$/, '') : String(cause)
  throw new ModelFailure(
    `No access token of Google could be had: ${why}. Run "gcloud auth application-default login", or point GOOGLE_APPLICATION_CREDENTIALS at a service account's file.`,
    { code: 'unauthorized', retryable: false },
  )
}
