import { runServer } from '@auroracoder/kit'
import { filesServer } from './server.js'

await runServer(filesServer)
