import { expect, it } from 'vitest'
import { createRunningCalls } from './running-calls.js'

it('settles when the call with that key is over, however it ended', async () => {
  const calls = createRunningCalls()
  let open = (): void => {}
  const gate = new Promise<void>((resolve) => {
    open = resolve
  })
  const order: string[] = []
  const call = calls.track('k', async () => {
    await gate
    order.push('call')
    throw new Error('failed')
  })
  const settled = calls.settled('k').then(() => order.push('settled'))
  open()
  await expect(call).rejects.toThrow('failed')
  await settled
  expect(order).toEqual(['call', 'settled'])
})

it('settles at once for a key that it does not know', async () => {
  await expect(createRunningCalls().settled('other')).resolves.toBeUndefined()
})
