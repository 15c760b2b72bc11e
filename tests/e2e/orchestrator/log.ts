import type { Service } from './service.js'

export interface Event {
  seq: number
  type: string
  data: Record<string, unknown>
}

/** The whole log as it is now. */
export async function log({ url, token }: Service, id: string): Promise<Event[]> {
  const response = await fetch(`${url}/v1/sessions/${id}/export`, { headers: { authorization: `Bearer ${token}` } })
  return (await response.text())
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line))
}

/** Follows the session until this event; answers it. */
export async function until({ url, token }: Service, id: string, type: string, after = 0): Promise<Event> {
  const response = await fetch(`${url}/v1/sessions/${id}/events?after=${after}`, {
    headers: { authorization: `Bearer ${token}` },
  })
  let text = ''
  for await (const chunk of response.body ?? []) {
    text += Buffer.from(chunk).toString()
    const line = text.split('\n').find((each) => each.startsWith('data: ') && each.includes(`"type":"${type}"`))
    if (line?.endsWith('}')) return JSON.parse(line.slice('data: '.length))
  }
  throw new Error(`The stream ended before ${type}.`)
}
