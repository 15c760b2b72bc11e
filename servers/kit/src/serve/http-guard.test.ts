import { expect, it } from 'vitest'
import { isLoopback } from './http-guard.js'

it.each(['127.0.0.1', '127.0.0.2', '127.255.255.254', '::1', 'localhost'])('%s needs no token', (host) => {
  expect(isLoopback(host)).toBe(true)
})

it.each([
  '0.0.0.0',
  '::',
  '',
  '10.0.0.1',
  '128.0.0.1',
  '127.0.0.1.evil.example',
  'localhost.evil.example',
  '1127.0.0.1',
])('%j needs a token', (host) => {
  expect(isLoopback(host)).toBe(false)
})
