import { runServer } from '@auroracoder/kit'
import { shellServer } from './definition.js'

await runServer(shellServer)
