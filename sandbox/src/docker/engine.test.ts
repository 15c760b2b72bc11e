import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { createServer, type Server } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { engineFailure, findEngine } from './engine.js'

let folder: string
let server: Server
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'engine-'))
})
afterEach(async () => {
  server.closeAllConnections()
  server.close()
  await rm(folder, { recursive: true })
})

/** Says that it is there, streams what is asked for by the name of events, and nothing more. */
async function startHanging(): Promise<string> {
  const socket = join(folder, 'docker.sock')
  server = createServer((request, response) => {
    if (request.url?.startsWith('/_ping')) response.end('OK')
    if (request.url?.startsWith('/events')) response.write('{}\n')
  })
  server.listen(socket)
  await once(server, 'listening')
  return `unix://${socket}`
}

it('an engine that hangs after it has said that it is there fails every call in time', async () => {
  const docker = await findEngine({ env: { DOCKER_HOST: await startHanging() }, answerMsMax: 200 })
  const asked = docker.listContainers()
  await expect(asked).rejects.toThrow('no answer within 0.2 s')
  expect(engineFailure('It failed', await asked.catch((error) => error)).message).toBe(
    'It failed: the Docker engine does not answer (no answer within 0.2 s). Start it again.',
  )
})

it('an answer that goes on is not ended', async () => {
  const docker = await findEngine({ env: { DOCKER_HOST: await startHanging() }, answerMsMax: 200 })
  const events = await docker.getEvents()
  await once(events, 'data')
  await expect(docker.info()).rejects.toThrow('no answer')
  await expect(docker.info()).rejects.toThrow('no answer')
  expect(events).toMatchObject({ readableEnded: false, destroyed: false })
})
