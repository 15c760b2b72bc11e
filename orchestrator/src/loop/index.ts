export { decide } from './approvals/policy.js'
export { type Clock, systemClock } from './clock.js'
export { effectiveLimits, type RunLimits, runLimits } from './limits.js'
export { type LoopDeps, type LoopTask, runLoop } from './loop.js'
