import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { createScriptedModel } from '@auroracoder/orchestrator/scripted-model'
import { createClient } from '@libsql/client'
import { describe, expect, it, onTestFinished } from 'vitest'
import { z } from 'zod'
import { runBin, startService } from './service.js'

const endpoint = { DEEPSEEK_BASE_URL: 'http://127.0.0.1:9' }
const sessionSchema = z.object({ session: z.object({ id: z.string() }) })

describe('auroracoder serve on data that cannot be used', { timeout: 30_000 }, () => {
  it.skipIf(process.platform !== 'linux')('ends with a sentence where no folder can be made', async () => {
    const { exitCode, stderr } = await runBin(['serve', '--port', '0', '--data-dir', '/proc/x'], endpoint)
    expect(stderr).toMatch(/^auroracoder: The data directory \/proc\/x cannot be used .*\n$/)
    expect(exitCode).toBe(2)
  })

  it('starts although one session is damaged, and serves the others', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'auroracoder-damaged-'))
    onTestFinished(() => rm(folder, { recursive: true }))
    const model = await createScriptedModel({ script: { steps: [{ when: {}, reply: { text: 'Done.' } }] } })
    onTestFinished(() => model.close())
    const first = await startService({ dataDir: folder, modelUrl: model.url })
    const make = async () => sessionSchema.parse((await first.api('POST', '/v1/sessions', {})).body).session.id
    const [broken, whole] = [await make(), await make()]
    await first.stop()
    const client = createClient({ url: pathToFileURL(join(folder, 'sessions.db')).href })
    await client.execute({
      sql: "UPDATE sessions SET body = 'x', state = 'running' WHERE id = ?",
      args: [broken],
    })
    client.close()

    const second = await startService({ dataDir: folder, modelUrl: model.url })
    onTestFinished(async () => void (await second.stop()))
    const listed = z.object({ sessions: z.array(z.object({ id: z.string() })) })
    const { sessions } = listed.parse((await second.api('GET', '/v1/sessions')).body)
    expect(sessions.map(({ id }) => id)).toEqual([whole])
    const refused = await second.api('GET', `/v1/sessions/${broken}`)
    expect(refused).toMatchObject({ status: 500, body: { error: { code: 'session_damaged' } } })
    expect((await second.api('GET', '/readyz')).status).toBe(200)
  })
})
