/** Shorter ones would take ordinary words out of messages. */
const secretCharsMin = 4

export type Redact = (text: string) => string

/** Endpoints quote the key they refuse; nobody else is to read it. Redact before anything is cut off. */
export function redactor(secrets: readonly (string | undefined)[]): Redact {
  const forms = secrets
    .filter((secret) => secret !== undefined && secret.length >= secretCharsMin)
    .flatMap((secret = '') => [secret, encodeURIComponent(secret), JSON.stringify(secret).slice(1, -1)])
  return (text) => forms.reduce((rest, form) => rest.replaceAll(form, '[key]'), text)
}
