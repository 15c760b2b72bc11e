/** One token is this many bytes of the serialised text; a rest counts as a whole token. */
export const bytesPerToken = 4

export function tokensOf(bytes: number): number {
  return Math.ceil(bytes / bytesPerToken)
}
