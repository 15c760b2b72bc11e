export { shellServer } from './definition.js'
