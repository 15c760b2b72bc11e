import { expect, test } from 'vitest'
import { builtInProviders, chooseModel, costOf, openAiCompatible, priceAt, providerSchema } from './index.js'

const env = { DEEPSEEK_API_KEY: 'key' }
const choose = (model: string | undefined, variables: Record<string, string> = env) =>
  chooseModel({ ...(model === undefined ? {} : { model }), providers: builtInProviders(variables), env: variables })

test('the built-in data is valid and every model says where its facts come from', () => {
  for (const provider of builtInProviders({})) {
    expect(providerSchema.parse(provider)).toEqual(provider)
    for (const model of provider.models) expect(model.source?.date).toMatch(/^20\d\d-/)
  }
})

test('the default is deepseek-flash at the public endpoint with the key of the environment', () => {
  const { provider, info, apiKey } = choose(undefined)
  expect([provider.baseUrl, info.id, apiKey]).toEqual(['https://api.deepseek.com', 'deepseek-flash', 'key'])
})

test('a model is found by id, by provider and id, and by a retired name', () => {
  expect(choose('deepseek-v4-pro').info.id).toBe('deepseek-v4-pro')
  expect(choose('deepseek/deepseek-v4-pro').info.id).toBe('deepseek-v4-pro')
  expect(choose('deepseek-v4-flash').info.id).toBe('deepseek-flash')
})

test('an unknown model is refused with the names there are', () => {
  expect(() => choose('gpt-9')).toThrow(/Unknown model "gpt-9"\. Known models: deepseek\/deepseek-flash/)
})

test('the public endpoint needs a key, and the error says which variable and where to get one', () => {
  expect(() => choose(undefined, {})).toThrow(/DEEPSEEK_API_KEY is not set.*platform\.deepseek\.com\/api_keys/)
  expect(() => choose(undefined, { DEEPSEEK_API_KEY: '  ' })).toThrow(/is not set/)
  expect(() => choose(undefined, { DEEPSEEK_BASE_URL: 'https://api.deepseek.com/v1' })).toThrow(/is not set/)
})

test('another endpoint needs no key and takes any model', () => {
  const variables = { DEEPSEEK_BASE_URL: 'http://127.0.0.1:9/v1/' }
  expect(choose(undefined, variables)).toMatchObject({
    apiKey: undefined,
    provider: { baseUrl: 'http://127.0.0.1:9/v1' },
  })
  expect(choose('qwen/qwen3', variables).info.id).toBe('qwen/qwen3')
})

test('a key that is there is used at another endpoint too', () => {
  expect(choose(undefined, { ...env, DEEPSEEK_BASE_URL: 'http://127.0.0.1:9' }).apiKey).toBe('key')
})

test('a base URL that is none is refused', () => {
  for (const url of ['localhost:8000', 'ftp://x/', 'not a url']) {
    expect(() => builtInProviders({ DEEPSEEK_BASE_URL: url })).toThrow(/DEEPSEEK_BASE_URL must be an http or https URL/)
  }
})

test('an OpenAI-compatible endpoint is a provider without thinking, prices or a list of models', () => {
  const provider = openAiCompatible({ id: 'ollama', baseUrl: 'http://127.0.0.1:11434/v1' })
  const { info, apiKey } = chooseModel({ model: 'ollama/qwen3', providers: [provider], env: {} })
  expect([info.id, apiKey, priceAt(info, 0)]).toEqual(['qwen3', undefined, null])
})

const flash = choose('deepseek-flash').info
const usage = { input: 3_000_000, cacheHit: 2_000_000, cacheMiss: 1_000_000, output: 500_000, reasoning: 100_000 }

test('costs are those computed by hand, off-peak and peak', () => {
  const sundayNoon = Date.UTC(2026, 10, 22, 12)
  const mondayPeak = Date.UTC(2026, 10, 23, 2, 30)
  expect(costOf(usage, flash, sundayNoon)).toBeCloseTo(2 * 0.003 + 0.15 + 0.5 * 0.6, 10)
  expect(costOf(usage, flash, mondayPeak)).toBeCloseTo(2 * 0.006 + 0.3 + 0.5 * 1.2, 10)
})

test('peak begins and ends on the hour, on weekdays alone', () => {
  const isPeak = (day: number, hour: number, minute = 0) =>
    priceAt(flash, Date.UTC(2026, 10, day, hour, minute))?.output === 1.2
  expect([isPeak(23, 0, 59), isPeak(23, 1), isPeak(23, 3, 59), isPeak(23, 4)]).toEqual([false, true, true, false])
  expect([isPeak(23, 6), isPeak(23, 9, 59), isPeak(23, 10)]).toEqual([true, true, false])
  expect([isPeak(21, 2), isPeak(22, 2)]).toEqual([false, false])
})
