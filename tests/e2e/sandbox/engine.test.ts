import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { imageTag } from '../../../sandbox/src/image/recipe.js'
import { missingEngine, type PrivateEngine, startPrivateEngine } from './private-engine.js'
import { missingSandbox, openWorld, settings, type World } from './world.js'

const missing = missingEngine() ?? (await missingSandbox())

test('an engine that stops can be tested here', (context) => {
  if (missing) context.skip(missing)
  expect(missing).toBeUndefined()
})

describe.skipIf(missing)('a sandbox whose engine stops under a command', { timeout: 120_000 }, () => {
  let engine: PrivateEngine
  let world: World

  beforeAll(async () => {
    engine = await startPrivateEngine()
    const image = await engine.take(await imageTag(settings.build))
    world = await openWorld({ docker: { image }, env: { ...process.env, DOCKER_HOST: engine.host } })
  }, 120_000)
  afterAll(async () => {
    await world?.close().finally(() => engine.close())
  }, 60_000)

  test.each(['SIGTERM', 'SIGKILL'] as const)('by %s says so, and goes on when it is there again', async (signal) => {
    const name = `begun-${signal}`
    const running = world.command(`touch ${name}; sleep 60`, { timeout_ms: 90_000 })
    await expect
      .poll(
        () =>
          readFile(join(world.workspace, name)).then(
            () => true,
            () => false,
          ),
        { timeout: 20_000 },
      )
      .toBe(true)
    await engine.stop(signal)
    expect((await running).text).toMatch(/shell server ended during the call: (the Docker engine|its container)/)
    const without = await world.command('echo nobody')
    expect(without).toMatchObject({ ok: false })
    expect(without.text).toContain('engine')
    await engine.start()
    const { text } = await world.command('echo here again')
    expect(text).toContain('here again')
    expect(text).toContain('[sandbox] The sandbox was started again because')
  })
})
