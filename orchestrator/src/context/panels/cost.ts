/** What is known when the next model call is about to be made. */
export interface EpochCase {
  /** Tokens of panel text that a fresh block would save in every request: old views, hunks, closed files. */
  staleTokens: number
  /** Tokens that stay, and would be billed as new once because they come after the first changed byte. */
  rebilledTokens: number
  /** Model calls that are still to come, this one included. */
  expectedCalls: number
  /** Of a token that the provider has in its cache, and of one that it has not, in any unit. */
  hitPrice: number
  missPrice: number
  /** Of the whole request as it is. */
  usedTokens: number
  contextTokens: number
}

/** This share of the context window is too much to spend on what is no longer true. */
export const staleShareMax = 0.1
/** From here on the context window is nearly used up, and room is worth more than the price of an epoch. */
export const usedShareMax = 0.7
/** What an epoch must free, of the context window, to be worth its while then. */
export const freedShareMin = 0.02

/**
 * Why all panel text should collapse now, if it should. Going on costs the stale tokens at the hit price in every
 * call to come; collapsing costs the difference between miss and hit for all that follows the first changed byte.
 */
export function epochReason(options: EpochCase): string | undefined {
  const { staleTokens, rebilledTokens, expectedCalls, hitPrice, missPrice, usedTokens, contextTokens } = options
  if (staleTokens <= 0) return undefined
  const staleShare = staleTokens / contextTokens
  const usedShare = usedTokens / contextTokens
  if (staleShare > staleShareMax) return `${percent(staleShare)} of the context window was out of date.`
  if (usedShare > usedShareMax && staleShare > freedShareMin)
    return `${percent(usedShare)} of the context window was used.`
  if (staleTokens * hitPrice * expectedCalls <= rebilledTokens * (missPrice - hitPrice)) return undefined
  return `${Math.round(staleTokens)} tokens that were out of date cost more than a fresh start.`
}

function percent(share: number): string {
  return `${Math.round(share * 100)} %`
}
