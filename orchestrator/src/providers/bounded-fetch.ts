/** Of an answer that is an error only the beginning is shown, so no more of it is read. */
export const errorBodyBytesMax = 65_536

/** `fetch` that reads no more of a refusal than its beginning; other answers are streamed as they come. */
export async function boundedFetch(...[input, init]: Parameters<typeof fetch>): Promise<Response> {
  const response = await fetch(input, init)
  if (response.ok || !response.body) return response
  const { status, statusText, headers } = response
  return new Response(await beginningOf(response.body), { status, statusText, headers })
}

async function beginningOf(body: ReadableStream<Uint8Array>): Promise<Uint8Array> {
  const reader = body.getReader()
  const pieces: Uint8Array[] = []
  let bytes = 0
  try {
    while (bytes < errorBodyBytesMax) {
      const { done, value } = await reader.read()
      if (done) break
      pieces.push(value)
      bytes += value.byteLength
    }
  } finally {
    // The rest is not waited for; a stream that broke has nothing to cancel.
    void reader.cancel().catch(() => {})
  }
  return Buffer.concat(pieces).subarray(0, errorBodyBytesMax)
}
