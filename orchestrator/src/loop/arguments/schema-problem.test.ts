import { expect, test } from 'vitest'
import { schemaProblem } from './schema-problem.js'

const object = (properties: Record<string, unknown>, more: Record<string, unknown> = {}) => ({
  type: 'object',
  properties,
  ...more,
})

test.each([
  ['a missing field', object({ a: {} }, { required: ['a'] }), {}, '"a": is missing.'],
  ['a wrong type', object({ a: { type: 'number' } }), { a: 'x' }, '"a": must be number.'],
  ['a value outside an enum', object({ a: { enum: ['x', 'y'] } }), { a: 'z' }, '"a": must be one of ["x","y"].'],
  ['an unknown field', object({}, { additionalProperties: false }), { b: 1 }, '"b": is unknown.'],
  [
    'a place deep inside',
    object({ a: { items: object({ b: { type: 'null' } }) } }),
    { a: [{ b: 1 }] },
    '"a.0.b": must be null.',
  ],
  ['a tuple of 2020-12', object({ a: { prefixItems: [{ type: 'string' }] } }), { a: [1] }, '"a.0": must be string.'],
  [
    'a tuple of draft-07',
    { $schema: 'http://json-schema.org/draft-07/schema#', ...object({ a: { items: [{ type: 'string' }] } }) },
    { a: [1] },
    '"a.0": must be string.',
  ],
  [
    'a reference within the schema',
    { ...object({ a: { $ref: '#/$defs/small' } }), $defs: { small: { maximum: 3 } } },
    { a: 4 },
    '"a": must be <= 3.',
  ],
  ['what must not be', object({}, { not: { required: ['b'] } }), { b: 1 }, 'The arguments: must NOT be valid.'],
])('%s is named', (_, schema, args, problem) => {
  expect(schemaProblem(schema, args)).toBe(problem)
})

test.each([
  ['has a format that nobody knows', object({ a: { type: 'string', format: 'moon-phase' } }), { a: 'x' }],
  ['has a keyword that nobody knows', object({ a: { 'x-mcp-header': 'A', sparkle: true } }), { a: 'x' }],
  ['refers to a page', object({ a: { $ref: 'http://127.0.0.1:1/schema' } }), { a: 'x' }],
  ['refers to nothing', object({ a: { $ref: '#/$defs/none' } }), { a: 'x' }],
  ['is of a dialect that nobody knows', { $schema: 'urn:mine', ...object({ a: { type: 'string' } }) }, { a: 'x' }],
  ['has a pattern that is none', object({ a: { pattern: '(' } }), { a: 'x' }],
  ['has a type that is none', object({ a: { type: 'moon' } }), { a: 'x' }],
])('a schema that %s keeps nothing from running', (_, schema, args) => {
  expect(schemaProblem(schema, args)).toBeUndefined()
})

test('a pattern made to take for ever is left to its server', () => {
  const schema = object({ a: { pattern: '^(a+)+$' } })
  const begun = performance.now()
  expect(schemaProblem(schema, { a: `${'a'.repeat(40)}!` })).toBeUndefined()
  expect(performance.now() - begun).toBeLessThan(5_000)
})

test('of many problems the first five are told', () => {
  const properties = Object.fromEntries(Array.from({ length: 9 }, (_, at) => [`f${at}`, { type: 'number' }]))
  const args = Object.fromEntries(Object.keys(properties).map((name) => [name, 'x']))
  expect(schemaProblem(object(properties), args)?.match(/must be number/g)).toHaveLength(5)
})
