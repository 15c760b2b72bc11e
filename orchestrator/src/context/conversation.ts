import type { ChatMessage } from '../providers/index.js'

/** The messages of a conversation as they grow. What a request has held is not touched again. */
export interface Conversation {
  readonly messages: readonly ChatMessage[]
  /** How many of them the newest request held. */
  readonly sent: number
  add(...messages: readonly ChatMessage[]): void
  /** What is there now is in a request. */
  markSent(): void
  /** Adds text of a panel, if any, to the last tool message that waits to be sent, else as a note before the user's words. */
  attach(text: string): void
  /** Adds text of a panel to the newest message that is not the model's, sent or not. */
  attachLast(text: string): void
}

export function createConversation(): Conversation {
  const messages: ChatMessage[] = []
  let sent = 0
  /** Where the note of the next request stands. */
  let noteAt: number | undefined

  const extend = (at: number, text: string): void => {
    const message = messages[at]
    if (typeof message?.content !== 'string') return
    messages[at] = { ...message, content: `${message.content}\n${text}` }
  }
  const insertNote = (at: number, text: string): void => {
    noteAt = at
    messages.splice(at, 0, { role: 'user', content: text })
  }

  return {
    messages,
    get sent() {
      return sent
    },
    add(...more) {
      messages.push(...more)
    },
    markSent() {
      sent = messages.length
      noteAt = undefined
    },
    attach(text) {
      if (text === '') return
      const tool = messages.findLastIndex(({ role }) => role === 'tool')
      const said = messages.findIndex(({ role }, index) => index >= sent && role === 'user')
      if (tool >= sent) extend(tool, text)
      else if (noteAt !== undefined) extend(noteAt, text)
      else insertNote(said < 0 ? messages.length : said, text)
    },
    attachLast(text) {
      if (text === '') return
      const last = messages.findLastIndex(({ role }) => role === 'tool' || role === 'user')
      if (messages[last]?.role === 'tool') extend(last, text)
      else insertNote(last < 0 ? messages.length : last, text)
    },
  }
}
