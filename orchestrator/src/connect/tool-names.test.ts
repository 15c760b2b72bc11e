import fc from 'fast-check'
import { expect, test } from 'vitest'
import { foreignToolName } from './tool-names.js'

const none: ReadonlySet<string> = new Set()

test('an ordinary tool has its server in front', () => {
  expect(foreignToolName('github', 'create_issue', none)).toBe('github__create_issue')
})

test.each([
  ['odd characters', 'my server', 'a.b/c'],
  ['an alphabet of its own', 'Сервер', '読む'],
  ['more characters than a name may have', 'key', 'x'.repeat(200)],
  ['an empty name', 'key', ''],
])('a tool with %s gets a name that model APIs take', (_, key, tool) => {
  expect(foreignToolName(key, tool, none)).toMatch(/^[A-Za-z0-9_-]{1,64}$/)
})

test('two servers whose tools would get one name keep them apart', () => {
  expect(foreignToolName('a', 'b__c', none)).not.toBe(foreignToolName('a__b', 'c', none))
  expect(foreignToolName('a', '_b', none)).not.toBe(foreignToolName('a_', 'b', none))
  expect(foreignToolName('a', 'b.c', none)).not.toBe(foreignToolName('a', 'b-c', none))
})

test('no two tools ever share a name, and each keeps its own', () => {
  const part = fc.oneof(
    fc.string({ maxLength: 80 }),
    fc.stringMatching(/^[ab_.]{0,8}$/),
    fc.stringMatching(/^[a_]{50,70}$/),
  )
  fc.assert(
    fc.property(fc.uniqueArray(fc.tuple(part, part), { selector: (pair) => JSON.stringify(pair) }), (pairs) => {
      const taken = new Set<string>()
      for (const [key, tool] of pairs) {
        const name = foreignToolName(key, tool, taken)
        expect(name).toMatch(/^[A-Za-z0-9_-]{1,64}$/)
        expect(taken.has(name)).toBe(false)
        expect(name).toBe(foreignToolName(key, tool, none))
        taken.add(name)
      }
    }),
  )
})
