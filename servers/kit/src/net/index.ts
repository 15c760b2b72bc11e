export { isOtherMachine, isPublicUnicast, isWithin } from './address.js'
export { ConnectFailure, type ConnectFailureCode } from './connect-failure.js'
export {
  addressesTriedMax,
  type Connect,
  connectPublic,
  connectTimeoutMs,
  type Lookup,
  lookupSystem,
  lookupTimeoutMs,
  type PublicTarget,
  rejectedBy,
} from './connect-public.js'
