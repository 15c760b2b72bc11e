import type { Content } from '../events/index.js'
import type { ChatMessage, UserPart } from '../providers/index.js'

/** A user message; where the model takes no images, a note stands in for each. */
export function userMessage(content: Content, { images }: { images: boolean }): ChatMessage {
  const pictures = content.filter((block) => block.type === 'image')
  const text = contentText(content, { images })
  // Endpoints refuse an empty message.
  if (pictures.length === 0 || !images) return { role: 'user', content: text || '(no text)' }
  return {
    role: 'user',
    content: [
      { type: 'text', text: text || '(no text)' },
      ...pictures.map(
        ({ mimeType, data }): UserPart => ({
          type: 'image_url',
          image_url: { url: `data:${mimeType};base64,${data}` },
        }),
      ),
    ],
  }
}

/** The text of content, with a note for each image. */
export function contentText(content: Content, { images }: { images: boolean }): string {
  const note = images ? 'see the image that follows' : 'an image that this model cannot see'
  return content.map((block) => (block.type === 'text' ? block.text : `[${note}: ${block.mimeType}]`)).join('\n\n')
}
