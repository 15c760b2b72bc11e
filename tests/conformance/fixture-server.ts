import { runServer, type ServerDefinition } from '@auroracoder/kit'
import { ownTools } from './fixture/own-tools.js'
import { answerPrompts } from './fixture/prompts.js'
import { answerRawTools } from './fixture/raw-tools.js'
import { answerResources } from './fixture/resources.js'

/** The tools, resources and prompts that the conformance suite asks a server for, on the kit. */
const fixture: ServerDefinition = {
  name: 'fixture',
  title: 'Conformance fixture',
  version: '0.1.0',
  instructions: 'Everything here is for a test.',
  async create() {
    return {
      tools: ownTools,
      extend(server, kit) {
        server.registerCapabilities({ completions: {} })
        answerRawTools(server, kit)
        answerResources(server)
        answerPrompts(server)
      },
      close: async () => {},
    }
  },
}

export function main(): Promise<void> {
  return runServer(fixture)
}
