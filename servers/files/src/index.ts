export { filesServer } from './server.js'
