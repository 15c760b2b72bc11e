export { parseBlocks } from './parse.js'
export { type ReadableMessage, reconstruct } from './reconstruct.js'
export { acknowledgement, renderChange, renderShown } from './render.js'
export { applyChange, nothingShown, type Shown, type ShownColumns, type ShownFile, viewOfShown } from './shown.js'
