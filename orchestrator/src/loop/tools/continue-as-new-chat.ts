import { continueShareMin } from '../../context/index.js'
import { contextShare } from '../compact.js'
import { type OwnTool, told } from './own-tool.js'

export const promptCharsMax = 50_000

/** Listed from the start, so that the list of tools, and the prompt cache with it, never changes. */
export const continueAsNewChat: OwnTool = {
  info: {
    name: 'continue_as_new_chat',
    server: 'auroracoder',
    description: `Goes on in a new conversation whose first message is your prompt. Refused until ${continueShareMin * 100} % of the context window is used; then use it when a good stopping point is near. The new conversation knows nothing but the prompt and the files of the workspace, so write down everything it needs: the task in the user's words, what is done and checked, what was found out, what is left, and the next step.`,
    inputSchema: {
      type: 'object',
      properties: {
        prompt: {
          type: 'string',
          description: `What the new conversation has to know, at most ${promptCharsMax} characters.`,
        },
      },
      required: ['prompt'],
    },
    trusted: false,
    isDestructive: false,
    mayRead: false,
    isReadOnly: () => false,
  },
  async *run({ args, callId, stepId, key }, run) {
    const earlier = run.view.events.find((event) => event.type === 'continued' && event.data.callId === callId)
    if (earlier?.type === 'continued') return told(true, goesOn(earlier.data.sessionId))
    const { prompt } = args
    if (typeof prompt !== 'string' || prompt.trim() === '')
      return told(false, 'Expected a prompt, found none. Nothing was done.')
    if (prompt.length > promptCharsMax) {
      return told(
        false,
        `Expected at most ${promptCharsMax} characters, found ${prompt.length}. Nothing was done; shorten the prompt.`,
      )
    }
    const share = contextShare(run)
    if (share < continueShareMin) {
      const used = Math.floor(share * 100)
      return told(
        false,
        `Refused: ${used} % of the context window is used, and a new conversation may be opened from ${continueShareMin * 100} % on. Go on here.`,
      )
    }
    const next = await run.openNext({ key, content: [{ type: 'text', text: prompt }] })
    yield { kind: 'event', event: { type: 'continued', stepId, data: { callId, ...next } } }
    return told(true, goesOn(next.sessionId))
  },
}

function goesOn(sessionId: string): string {
  return `The conversation goes on in session ${sessionId}.`
}
