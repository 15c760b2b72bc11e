import { afterEach, beforeEach, expect, test } from 'vitest'
import { openSettings } from '../config/kept-settings.js'
import { createProviders } from '../providers/index.js'
import { createFolder, type Folder } from '../sessions/service.fixture.js'
import { type Bench, createBench } from './server.fixture.js'

let data: Folder
let bench: Bench
const secret = 'sk-a-very-secret-key'

beforeEach(async () => {
  data = await createFolder()
  const dataDir = data.path
  const fixed = { thinking: { value: true, from: 'environment' as const } }
  const settings = await openSettings({ dataDir, fixed })
  const env = { DEEPSEEK_API_KEY: 'x' }
  const providers = await createProviders({ dataDir, env, preferred: settings.current })
  bench = await createBench({
    agent: async function* () {},
    providers,
    settings,
    check: { model: providers.check },
    catalog: { models: async () => providers.models(), tools: async () => [] },
  })
})
afterEach(async () => {
  await bench.dispose()
  await data.dispose()
})

test('a provider is put, listed, removed, and never shows its key', async () => {
  const put = await bench.call('PUT', '/v1/providers/mine', { baseUrl: 'http://127.0.0.1:9/v1', key: secret })
  expect([put.status, put.body.provider]).toMatchObject([200, { id: 'mine', key: 'stored', source: 'api' }])
  const keyOnly = await bench.call('PUT', '/v1/providers/nvidia', { key: secret })
  expect([keyOnly.status, keyOnly.body.provider]).toMatchObject([200, { source: 'built-in', usable: true }])
  const shown = [await bench.call('GET', '/v1/providers'), await bench.call('GET', '/v1/models')]
  expect(JSON.stringify([put, keyOnly, shown].flat().map(({ body }) => body))).not.toContain(secret)
  expect(shown[0]?.body.providers).toHaveLength(6)
  expect((await bench.call('DELETE', '/v1/providers/mine')).status).toBe(204)
  expect((await bench.call('DELETE', '/v1/providers/mine')).status).toBe(404)
})

test('models say what they cost, can do, and lack', async () => {
  const { body } = await bench.call('GET', '/v1/models')
  const model = (ref: string) => body.models.find((one: { ref: string }) => one.ref === ref)
  expect(model('deepseek/deepseek-flash')).toMatchObject({
    default: true,
    usable: true,
    thinking: true,
    prices: { output: expect.any(Number) },
    source: { date: expect.any(String) },
  })
  expect(model('nvidia/z-ai/glm-5.2')).toMatchObject({
    usable: false,
    reason: expect.stringContaining('NVIDIA_API_KEY'),
    prices: null,
  })
})

test.each([
  ['a key with a line break', 'PUT', '/v1/providers/nvidia', { key: 'secret-a\nb' }, 400, 'invalid_request'],
  ['an unknown field', 'PUT', '/v1/providers/mine', { baseUrl: 'http://h/v1', token: 1 }, 400, 'invalid_request'],
  ['neither a URL nor a key', 'PUT', '/v1/providers/mine', { name: 'Mine' }, 400, 'invalid_provider'],
  ['a key for nobody', 'PUT', '/v1/providers/mine', { key: secret }, 404, 'unknown_provider'],
  ['an id that is none', 'PUT', '/v1/providers/Mine!', { baseUrl: 'http://h/v1' }, 400, 'invalid_request'],
  ['the end of a built-in provider', 'DELETE', '/v1/providers/deepseek', undefined, 409, 'builtin_provider'],
  ['a test of nobody', 'POST', '/v1/providers/mine/test', {}, 404, 'unknown_provider'],
  ['a session with an unknown model', 'POST', '/v1/sessions', { model: 'gpt-9' }, 400, 'unknown_model'],
  ['a setting that the environment fixes', 'PATCH', '/v1/settings', { thinking: false }, 409, 'setting_fixed'],
  ['a setting that is none', 'PATCH', '/v1/settings', { colour: 'red' }, 400, 'invalid_request'],
  ['an unknown model as a setting', 'PATCH', '/v1/settings', { secondaryModel: 'gpt-9' }, 400, 'unknown_model'],
  ['limits below one', 'PATCH', '/v1/settings', { limits: { iterations: 0 } }, 400, 'invalid_request'],
])('%s is refused', async (_, method, path, body, status, code) => {
  const answer = await bench.call(method, path, body)
  expect([answer.status, answer.body.error.code]).toEqual([status, code])
  expect(JSON.stringify(answer.body)).not.toContain('secret')
})

test('a run with an unknown model is refused with the nearest names, and the session stays as it was', async () => {
  const id = await bench.session()
  const { status, body } = await bench.call('POST', `/v1/sessions/${id}/runs`, { input: 'x', model: 'deepsek-flash' })
  expect([status, body.error]).toMatchObject([
    400,
    {
      code: 'unknown_model',
      details: { nearest: ['deepseek/deepseek-flash', expect.any(String), expect.any(String)] },
    },
  ])
  expect((await bench.call('GET', `/v1/sessions/${id}`)).body.session.run).toBeUndefined()
})

test('settings say where they come from, are changed, kept and forgotten', async () => {
  const before = await bench.call('GET', '/v1/settings')
  expect(before.body.settings).toMatchObject({
    model: { value: null, from: 'default' },
    thinking: { value: true, from: 'environment' },
    livingState: { value: 'auto', from: 'default' },
  })
  const changes = { model: 'deepseek-v4-pro', limits: { iterations: 3 } }
  expect((await bench.call('PATCH', '/v1/settings', changes)).body.settings).toMatchObject({
    model: { value: 'deepseek-v4-pro', from: 'settings' },
    limits: { value: { iterations: 3 }, from: 'settings' },
  })
  const { body } = await bench.call('GET', '/v1/models')
  expect(body.models.find((one: { default: boolean }) => one.default).id).toBe('deepseek-v4-pro')
  const kept = await openSettings({ dataDir: data.path, fixed: {} })
  expect(kept.current()).toMatchObject(changes)
  const after = await bench.call('PATCH', '/v1/settings', { model: null })
  expect(after.body.settings.model).toEqual({ value: null, from: 'default' })
})

test('one change that is fixed lets none through', async () => {
  const answer = await bench.call('PATCH', '/v1/settings', { thinking: false, livingState: 'append' })
  expect(answer.status).toBe(409)
  expect((await bench.call('GET', '/v1/settings')).body.settings.livingState.value).toBe('auto')
})

test('the description names the new routes', async () => {
  const { body } = await bench.call('GET', '/openapi.json')
  expect(Object.keys(body.paths)).toEqual(
    expect.arrayContaining(['/v1/providers/{id}', '/v1/providers/{id}/test', '/v1/settings', '/v1/models']),
  )
})
