export { type MarkupVariant, markupVariants, renderMarkup } from './answer/markup.js'
export type { Totals, Usage } from './billing/usage.js'
export type { Clock } from './clock.js'
export { type RuleName, ruleNames } from './rules/rules.js'
export { type Fault, faultSchema } from './script/fault.js'
export { loadScript, parseScript, ScriptError } from './script/load-script.js'
export { type Script, type ScriptInput, scriptSchema } from './script/script.js'
export {
  createScriptedModel,
  type RecordedRequest,
  type ScriptedModel,
  type ScriptedModelOptions,
} from './scripted-model.js'
