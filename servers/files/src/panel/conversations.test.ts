import { describe, expect, test } from 'vitest'
import { observe } from '../history/file-history.js'
import { documentFromText } from '../text/document.fixture.js'
import { createConversations, type FileMemory } from './conversations.js'
import { nothingVisible } from './visible.js'

const charsMax = 10_000

/** An open file of so many characters. */
function fileOf(key: string, chars: number): FileMemory {
  const document = documentFromText('x'.repeat(chars))
  const history = observe(undefined, { document, origin: 'opened', step: undefined })
  return { history, open: { key, hash: document.hash, visible: nothingVisible, toldAt: 1 } }
}

describe('of too much text', () => {
  test('the conversation used longest ago is forgotten whole', () => {
    const conversations = createConversations({ charsMax })
    for (const id of ['one', 'two']) conversations.get(id).use('/a', fileOf('a', 4_000))
    conversations.get('one')
    conversations.get('three').use('/a', fileOf('a', 4_000))
    expect(conversations.find('two')).toBeUndefined()
    expect(conversations.find('one')?.files.has('/a')).toBe(true)
  })

  test('in the only conversation the files used longest ago are closed, which is still to be told', () => {
    const conversation = createConversations({ charsMax }).get('one')
    for (const name of ['a', 'b', 'a', 'c']) conversation.use(`/${name}`, fileOf(name, 4_000))
    expect([...conversation.files.keys()]).toEqual(['/a', '/c'])
    expect([...conversation.gone]).toEqual([['b', { kind: 'closed', toldAt: undefined }]])
  })

  test('one file is kept, whatever its size', () => {
    const conversation = createConversations({ charsMax }).get('one')
    conversation.use('/a', fileOf('a', 20_000))
    expect(conversation.files.has('/a')).toBe(true)
  })
})

test('of too many conversations the one used longest ago is forgotten', () => {
  const conversations = createConversations({ countMax: 2 })
  for (const id of ['one', 'two', 'three']) conversations.get(id).use('/a', fileOf('a', 1))
  expect(['one', 'two', 'three'].map((id) => conversations.find(id) !== undefined)).toEqual([false, true, true])
})
