const opening = new TextEncoder().encode(': open\n\n')

/**
 * Lets an event stream begin with a comment. The head of a response leaves with its first byte, and the first event
 * may be a quarter of a minute away: until then a client could not tell an open stream from a dead server.
 */
export function openAtOnce(response: Response): Response {
  const isStream = response.headers.get('content-type')?.startsWith('text/event-stream')
  if (!isStream || response.body === null) return response
  const stream = new TransformStream<Uint8Array, Uint8Array>({ start: (controller) => controller.enqueue(opening) })
  return new Response(response.body.pipeThrough(stream), response)
}
