import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createSandboxes, type DockerSettings, type Sandboxes } from '@auroracoder/sandbox'
import { afterEach, describe, expect, test, vi } from 'vitest'
import { missingSandbox, openWorld, settings } from './world.js'

afterEach(() => void vi.unstubAllEnvs())

const missing = await missingSandbox()

function sandboxes(docker: Partial<DockerSettings>): Sandboxes {
  const dataDir = join(tmpdir(), 'nothing')
  const scratchRoot = join(dataDir, 'scratch')
  return createSandboxes({
    driver: 'auto',
    env: process.env,
    dataDir,
    scratchRoot,
    instance: 'test',
    docker: { ...settings, ...docker },
  })
}

test('the settings of containers can be tested here', (context) => {
  if (missing) context.skip(missing)
})

test.each([
  [
    'tcp://nonsense:port',
    /No Docker engine answers \(tcp:\/\/nonsense:port: .+\)\. Start Docker, or set DOCKER_HOST\./,
  ],
  ['unix:///nowhere/docker.sock', /\(\/nowhere\/docker\.sock: there is no such socket\)/],
  ['tcp://127.0.0.1:1', /\(tcp:\/\/127\.0\.0\.1:1: nobody listens\)/],
])('an engine at %s is told not to answer', async (DOCKER_HOST, problem) => {
  vi.stubEnv('DOCKER_HOST', DOCKER_HOST)
  const { choose } = sandboxes({})
  await expect(choose('docker')).rejects.toThrow(problem)
  await expect(choose('auto')).resolves.toMatchObject({ driver: 'local', reason: expect.stringMatching(problem) })
})

test.each(['BAD IMAGE', '--rm', ''])('%j is no image', (image) => {
  expect(() => sandboxes({ image })).toThrow(`The image of the sandbox is "${image}".`)
})

describe.skipIf(missing)('on the engine', () => {
  test('a runtime that it does not have is named at once', async () => {
    await expect(sandboxes({ runtime: 'frob' }).choose('docker')).rejects.toThrow(
      /^The engine has no runtime "frob"\. It has: .*runc/,
    )
  })

  test('more processors than it has are all of them', async () => {
    const world = await openWorld({ docker: { limits: { ...settings.limits, cpusMax: 1_000 } } })
    try {
      expect((await world.command('echo here')).text).toContain('here')
    } finally {
      await world.close()
    }
  })
})
