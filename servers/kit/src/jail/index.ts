export { contains, createJail, type Jail } from './jail.js'
