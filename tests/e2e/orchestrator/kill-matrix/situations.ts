import type { Situation } from './situation.js'
import { approval } from './situations/approval.js'
import { compaction } from './situations/compaction.js'
import { interrupt, steerAndQueue } from './situations/deliveries.js'
import { edit } from './situations/edit.js'
import { idle } from './situations/idle.js'
import { newChat } from './situations/new-chat.js'
import { revert } from './situations/revert.js'
import { shell } from './situations/shell.js'
import { streaming } from './situations/streaming.js'
import { subagent } from './situations/subagent.js'

export const situations: readonly Situation[] = [
  idle,
  streaming,
  shell,
  edit,
  approval,
  subagent,
  compaction,
  steerAndQueue,
  interrupt,
  newChat,
  revert,
]
