import { continueAsNewChat } from './continue-as-new-chat.js'
import type { OwnTool } from './own-tool.js'
import { subagent } from './subagent.js'

export const ownTools: readonly OwnTool[] = [subagent, continueAsNewChat]
