export { builtInProviders, chooseModel, defaultModel, type ModelChoice, openAiCompatible } from './catalog.js'
export { type StreamTimeouts, streamTimeouts } from './deadlines.js'
export { ModelFailure, type ModelFailureCode } from './failure.js'
export type {
  Answer,
  ChatCall,
  ChatMessage,
  Model,
  ModelEvent,
  ModelRequest,
  ToolSpec,
  UserPart,
} from './model.js'
export { createModel, type ModelOptions } from './openai-model.js'
export { costOf, priceAt } from './price.js'
export { type ModelInfo, type Provider, priceSchema, providerSchema } from './provider.js'
export { ProviderFailure, type ProviderFailureCode } from './provider-failure.js'
export type { ModelView, ProviderView } from './provider-view.js'
export {
  createProviders,
  type Preferences,
  type ProviderChange,
  type Providers,
  type ProvidersOptions,
  providerKeysFileName,
  providersFileName,
} from './providers.js'
export type { TestResult } from './test-provider.js'
export { type ModelCall, tracedModel } from './traced-model.js'
export { providerChangeSchema, type UserProvider, userProviderSchema } from './user-provider-schema.js'
