export { renderChange } from './render.js'
