import { expect, test } from 'vitest'
import { createGate } from './gate.js'

function deferred() {
  let settle = (): void => {}
  const promise = new Promise<void>((resolve) => {
    settle = resolve
  })
  return { promise, settle }
}

test('it closes when what is passing has settled, and not before', async () => {
  const gate = createGate()
  const { promise, settle } = deferred()
  expect(await gate.pass(async () => ({ result: 1, settled: promise }))).toBe(1)
  let isClosed = false
  const closing = gate.close().then(() => {
    isClosed = true
  })
  await new Promise(setImmediate)
  expect(isClosed).toBe(false)
  settle()
  await closing
})

test('nothing begins while it is closed, and everything when it opens', async () => {
  const gate = createGate()
  await gate.close()
  const begun: number[] = []
  const works = [1, 2].map((result) =>
    gate.pass(async () => {
      begun.push(result)
      return { result, settled: Promise.resolve() }
    }),
  )
  await new Promise(setImmediate)
  expect(begun).toEqual([])
  gate.open()
  expect(await Promise.all(works)).toEqual([1, 2])
})

test('what fails fails, and does not keep it open', async () => {
  const gate = createGate()
  const failing = gate.pass(async () => {
    throw new Error('no')
  })
  await expect(failing).rejects.toThrow('no')
  await gate.close()
})
