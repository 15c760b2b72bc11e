import { readFile } from 'node:fs/promises'
import { clientLimits } from '@auroracoder/orchestrator/client'
import {
  approvalPolicySchema,
  approvalRulesMax,
  deltaEventSchema,
  storedEventSchema,
} from '@auroracoder/orchestrator/events'
import { expect, test } from 'vitest'
import { loadConfig } from '../orchestrator/src/config/config.js'
import { containerIn, containerSchema } from '../orchestrator/src/config/container.js'
import { compactShareMin, continueShareMin } from '../orchestrator/src/context/compaction/use.js'
import { loginCodeMs, passMs } from '../orchestrator/src/http/auth.js'
import { bodyBytesMax } from '../orchestrator/src/http/body-limit.js'
import { failuresMax, failureWindowMs } from '../orchestrator/src/http/failure-limit.js'
import { idempotencyKeyCharsMax, pageSessionsMax } from '../orchestrator/src/http/schemas.js'
import { defaultStreamLimits } from '../orchestrator/src/http/server.js'
import { approvalExpiryMs } from '../orchestrator/src/loop/approvals/ask-person.js'
import { outputTokensMax, parallelReadsMax, retriesMax, runLimits } from '../orchestrator/src/loop/limits.js'
import { outputCharsMax, outputLinesMax } from '../orchestrator/src/loop/tool-output.js'
import { subagentIterationsMax, subagentResultCharsMax } from '../orchestrator/src/loop/tools/subagent.js'
import { queuedRunsMax } from '../orchestrator/src/sessions/runs.js'
import { codeOf, tableRows } from './readme-parts.js'

const readme = await readFile(new URL('../README.md', import.meta.url), 'utf8')
const sandboxReadme = await readFile(new URL('../sandbox/README.md', import.meta.url), 'utf8')
const ownReadme = await readFile(new URL('../orchestrator/README.md', import.meta.url), 'utf8')

test('the README tells of every event, with the fields of its schema', () => {
  const events = [...storedEventSchema.options, ...deltaEventSchema.options].flatMap(({ shape }) => {
    const types: readonly string[] = 'value' in shape.type ? [shape.type.value] : shape.type.options
    const fields = Object.entries(shape.data.shape).map(
      ([name, schema]) => `\`${name}${schema.safeParse(undefined).success ? '?' : ''}\``,
    )
    return types.map((type) => [`\`${type}\``, fields.join(', ')])
  })
  const told = tableRows(readme, 'events')
  expect(told.map(([type, fields]) => [type, fields])).toEqual(events)
  expect(told.filter(([, , meaning]) => !meaning)).toEqual([])
  const ephemeral = told.filter(([, , meaning]) => meaning?.startsWith('*not kept:*')).map(([type]) => type)
  expect(ephemeral).toEqual(events.slice(storedEventSchema.options.length).map(([type]) => type))
})

test('the limits that the README names are those of the code', () => {
  const limits = {
    ...Object.fromEntries(Object.entries(runLimits).map(([name, value]) => [`limits.${name}`, value])),
    outputTokensMax,
    parallelReadsMax,
    retriesMax,
    outputCharsMax,
    outputLinesMax,
    subagentIterationsMax,
    subagentResultCharsMax,
    approvalExpiryMs,
    approvalRulesMax,
    continueShareMin,
    compactShareMin,
    queuedRunsMax,
    bodyBytesMax,
    pageSessionsMax,
    idempotencyKeyCharsMax,
    heartbeatMs: defaultStreamLimits.heartbeatMs,
    stallMs: defaultStreamLimits.stallMs,
    failuresMax,
    failureWindowMs,
    passMs,
    loginCodeMs,
  }
  expect(tableRows(readme, 'limits').map(([name, value]) => [name, value])).toEqual(written(limits))
})

test('the limits of the client are those of its README', () => {
  expect(tableRows(ownReadme, 'client limits').map(([name, value]) => [name, value])).toEqual(written(clientLimits))
})

test('the policy in the README is one', () => {
  const text = codeOf(readme, 'approvals')
  expect(approvalPolicySchema.strict().parse(JSON.parse(text)).rules).toHaveLength(2)
})

test('the settings in the README are those that the configuration knows, and .env.example has their variables', async () => {
  const rows = tableRows(ownReadme, 'settings')
  const known = problemOf(() => loadConfig({ flags: {}, env: { AURORACODER_PORT: 'x' }, cwd: '/' }))
  const names = /Known settings: (.*)\./.exec(known)?.[1]?.split(', ') ?? []
  expect(rows.map(([name]) => name).toSorted()).toEqual(names.map((name) => `\`${name}\``).toSorted())
  const example = await readFile(new URL('../.env.example', import.meta.url), 'utf8')
  const variables = [...ownReadme.matchAll(/`(AURORACODER_\w+)`/g)].map(([, name]) => name)
  expect(variables.length).toBeGreaterThan(5)
  expect(variables.filter((name) => !example.includes(`\n${name}=`))).toEqual([])
})

test('the settings of containers in the README are those that the configuration knows, with their variables', async () => {
  const rows = tableRows(sandboxReadme, 'container settings')
  expect(rows.map(([name]) => name)).toEqual(Object.keys(containerSchema.shape).map((name) => `\`${name}\``))
  const example = await readFile(new URL('../.env.example', import.meta.url), 'utf8')
  const variables = rows.map(([, variable = '']) => variable.replaceAll('`', ''))
  expect(variables.filter((name) => !example.includes(`\n${name}=`))).toEqual([])
  const asTexts = Object.fromEntries(variables.map((name) => [name, name.endsWith('NETWORK') ? 'open' : '512']))
  expect(Object.keys(containerIn(asTexts)).toSorted()).toEqual(Object.keys(containerSchema.shape).toSorted())
})

function problemOf(work: () => unknown): string {
  try {
    work()
  } catch (error) {
    return error instanceof Error ? error.message : String(error)
  }
  throw new Error('Expected a refusal.')
}

function written(limits: Record<string, number>): string[][] {
  return Object.entries(limits).map(([name, value]) => [`\`${name}\``, withUnit(name, value)])
}

/** As a person writes it, by the unit at the end of the name. */
function withUnit(name: string, value: number): string {
  if (/Ms(Max)?$/.test(name)) return duration(value)
  if (/Bytes/.test(name)) return `${value / 1_048_576} MiB`
  return /Share/.test(name) ? `${value * 100} %` : value.toLocaleString('en-US')
}

function duration(ms: number): string {
  const units = [
    [24 * 3_600_000, 'd', 2],
    [3_600_000, 'h', 1],
    [60_000, 'min', 1],
    [1_000, 's', 1],
  ] as const
  for (const [size, unit, from] of units) if (ms >= size * from && ms % size === 0) return `${ms / size} ${unit}`
  return `${ms} ms`
}
