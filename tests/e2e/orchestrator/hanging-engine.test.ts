import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { createServer } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { exitCodes } from '../../../orchestrator/src/cli/exit-codes.js'
import { bin } from './service.js'

it('a service that waits for an engine that hangs ends when it is told to', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'hanging-engine-'))
  const socket = join(folder, 'docker.sock')
  const engine = createServer((request, response) => {
    if (request.url?.startsWith('/_ping')) response.end('OK')
    else engine.emit('asked')
  })
  engine.listen(socket)
  try {
    const asked = once(engine, 'asked')
    const service = spawn(process.execPath, [bin, 'serve', '--port', '0', '--data-dir', join(folder, 'data')], {
      env: { PATH: process.env.PATH, HOME: folder, DOCKER_HOST: `unix://${socket}`, AURORACODER_SANDBOX: 'docker' },
      stdio: 'ignore',
    })
    const exited = once(service, 'exit')
    await Promise.race([asked, exited])
    service.kill('SIGTERM')
    expect(await exited).toEqual([exitCodes.cancelled, null])
  } finally {
    engine.closeAllConnections()
    engine.close()
    await rm(folder, { recursive: true })
  }
})
