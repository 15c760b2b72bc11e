export { Failure } from '../failure.js'
export { errorCode } from './error-code.js'
export { contains, createJail, type Jail } from './jail.js'
