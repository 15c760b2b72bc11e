import type { EgressPolicy } from './policy.js'

/** For the model, which would try in vain. */
export function describePolicy({ mode }: EgressPolicy): string {
  if (mode === 'none') return 'There is no network.'
  const reach =
    mode === 'open' ? 'every public address' : 'package registries, code hosts and what else the user allows'
  return `There is no network but a proxy, which HTTP_PROXY, HTTPS_PROXY and ALL_PROXY name; it reaches ${reach}, and nothing on this machine or its network.`
}
