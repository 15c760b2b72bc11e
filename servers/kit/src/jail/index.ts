export { Failure } from '../failure.js'
export { contains, createJail, type Jail } from './jail.js'
