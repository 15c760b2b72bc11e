import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import { z } from 'zod'
import { startService } from '../../e2e/orchestrator/service.js'
import { openStream } from '../../streams/event-stream.js'
import type { Contestant } from './agent-server.js'

const sessionSchema = z.object({ session: z.object({ id: z.string() }) })

/** Without tool servers: the peer's tools are functions of its own process, ours two processes for each session. */
export const ours: Contestant = {
  label: 'ours',
  async start({ folder, modelUrl }) {
    await mkdir(folder, { recursive: true })
    const env = { AURORACODER_TOOL_SERVERS: 'none' }
    const began = performance.now()
    const service = await startService({ dataDir: join(folder, 'data'), modelUrl, env })
    const readyMs = performance.now() - began
    const streamOf = (session: string) => ({
      url: `${service.url}/v1/sessions/${session}/events`,
      headers: { authorization: `Bearer ${service.token}` },
    })
    return {
      pid: service.pid,
      readyMs,
      newSession: async () => sessionSchema.parse((await service.api('POST', '/v1/sessions', {})).body).session.id,
      async prompt(session, input) {
        const { status, body } = await service.api('POST', `/v1/sessions/${session}/runs`, { input })
        if (status !== 202) throw new Error(`Ours answered a prompt by ${status}: ${JSON.stringify(body)}`)
      },
      watch: (sessions, onEvent) =>
        Promise.all(
          sessions.map((session) =>
            openStream({
              ...streamOf(session),
              onFrame: ({ event, data }) => onEvent({ session, data, isEnd: /^run\.(?!started)/.test(event) }),
            }),
          ),
        ),
      stall: (session) => openStream(streamOf(session)),
      resumable: streamOf,
      stop: async () => void (await service.stop()),
    }
  },
}
