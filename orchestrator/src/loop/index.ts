export { type Clock, systemClock } from './clock.js'
export { type RunLimits, runLimits } from './limits.js'
export { type LoopDeps, type LoopTask, runLoop } from './loop.js'
