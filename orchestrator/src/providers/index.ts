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
export { type ModelInfo, type Provider, providerSchema } from './provider.js'
