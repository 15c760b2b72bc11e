import { type LogEvent, modelNotices } from '../log-event.js'

/**
 * The word that ends every line which delimits a block of a panel. It is made once in a session and stands in the
 * details of its system notice, so that forks inherit it and nothing that a tool reads can know it.
 */
export function panelNonce(log: readonly LogEvent[]): string | undefined {
  for (const event of log) {
    if (event.type !== 'notice' || event.data.code !== modelNotices.system) continue
    const nonce = event.data.details?.nonce
    if (typeof nonce === 'string') return nonce
  }
  return undefined
}
