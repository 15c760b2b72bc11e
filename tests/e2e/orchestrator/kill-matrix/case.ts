import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { createScriptedModel, type ScriptedModel } from '@auroracoder/orchestrator/scripted-model'
import { z } from 'zod'
import { processesNaming, type Service, startService } from '../service.js'
import { logProblems, messageProblems, usageProblems } from './invariants.js'
import { createPlayer, listSessions, logOf } from './player.js'
import type { Situation } from './situation.js'
import type { Subscriber } from './subscriber.js'

/** From the start of the service to the end of everything that was asked for. */
const playTimeoutMs = 45_000
/** What a process that was killed has started ends by itself within this time. */
const leftOverTimeoutMs = 5_000
const pollMs = 50
const lateAppendMs = 300

const killModule = fileURLToPath(new URL('./kill-at.mjs', import.meta.url))
const appendSchema = z.array(z.string())

export interface Played {
  /** The types of each append of the service that was to be killed, in their order. */
  appends: readonly (readonly string[])[]
  /** What does not hold. */
  problems: readonly string[]
}

/** Plays a situation; with `killAt` until the kill there, and then again from its start on a service started anew. */
export async function playCase(situation: Situation, killAt?: string): Promise<Played> {
  const folder = await mkdtemp(join(tmpdir(), 'auroracoder-kill-'))
  const model = await createScriptedModel({ script: situation.script })
  const subscribers = new Map<string, Subscriber>()
  try {
    return await playIn({ folder, model, situation, killAt, subscribers })
  } finally {
    for (const subscriber of subscribers.values()) subscriber.close()
    await model.close()
    await rm(folder, { recursive: true })
  }
}

interface Stage {
  folder: string
  model: ScriptedModel
  situation: Situation
  killAt: string | undefined
  subscribers: Map<string, Subscriber>
}

async function playIn(stage: Stage): Promise<Played> {
  const { folder, model, situation, killAt } = stage
  const workspace = join(folder, 'project')
  await mkdir(workspace)
  for (const [name, text] of Object.entries(situation.files)) await writeFile(join(workspace, name), text)
  const appendsFile = join(folder, 'appends')
  const start = (env: Record<string, string>) =>
    startService({
      dataDir: join(folder, 'data'),
      modelUrl: model.url,
      env: { AURORACODER_APPROVALS: 'allow', AURORACODER_SANDBOX: 'local', ...env },
    })

  let service = await start({
    NODE_OPTIONS: `--import=${killModule}`,
    AURORACODER_TEST_APPENDS: appendsFile,
    ...(killAt === undefined ? {} : { AURORACODER_TEST_KILL_AT: killAt }),
  })
  try {
    const result = await playOn(service, stage)
    // The last append may come after the last thing that the play waits for.
    const late = service.exited.then(() => 'killed')
    const first = result === 'played' ? await Promise.race([late, sleep(lateAppendMs, result)]) : result
    const appends = readAppends(await readFile(appendsFile, 'utf8'))
    if (killAt !== undefined) {
      if (first !== 'killed') return { appends, problems: [`The service was not killed: ${first}`] }
      service = await start({})
      const second = await playOn(service, stage)
      if (second !== 'played') return { appends, problems: [`It did not go on: ${second}`, ...(await tail(service))] }
    } else if (first !== 'played') return { appends, problems: [first, ...(await tail(service))] }
    const problems = await problemsOf(service, { ...stage, workspace })
    // A follower that stays keeps the service waiting for a while.
    for (const subscriber of stage.subscribers.values()) subscriber.close()
    await service.stop()
    return { appends, problems: [...problems, ...(await leftOver(folder))] }
  } finally {
    await service.stop()
  }
}

/** `played`, `killed`, or what went wrong. */
async function playOn(service: Service, { folder, model, situation, subscribers }: Stage): Promise<string> {
  const over = new AbortController()
  const signal = AbortSignal.any([over.signal, AbortSignal.timeout(playTimeoutMs)])
  const workspace = join(folder, 'project')
  const player = createPlayer({ service, workspace, modelUrl: model.url, subscribers, signal })
  const exited = service.exited.then(() => 'killed')
  const played = situation.play(player).then(
    () => 'played',
    // A request fails a moment before the end of the process is known.
    async (error: unknown) => Promise.race([exited, sleep(1_000, String(error))]),
  )
  const result = await Promise.race([played, exited])
  over.abort(new Error('The play is over.'))
  return result
}

async function problemsOf(service: Service, stage: Stage & { workspace: string }): Promise<string[]> {
  const { model, subscribers, situation, workspace } = stage
  const sessions = await listSessions(service)
  const logs = new Map(await Promise.all(sessions.map(async ({ id }) => [id, await logOf(service, id)] as const)))
  const shown = await Promise.all(sessions.map(({ id }) => messageProblems(service, id)))
  const refused = model.requests.filter(({ status }) => status !== 200)
  return [
    ...sessions.flatMap(({ id, usage }) => usageProblems(logs.get(id) ?? [], usage)),
    ...[...logs.values()].flatMap(logProblems),
    ...[...subscribers].flatMap(([id, subscriber]) => subscriberProblems(subscriber, logs.get(id) ?? [])),
    ...shown.flat(),
    ...refused.map(({ status, error }) => `The model refused a request: ${status} ${error}`),
    ...((await situation.problems?.({ workspace, logs })) ?? []),
  ]
}

function subscriberProblems({ problems, events }: Subscriber, log: readonly unknown[]): string[] {
  const seen = JSON.stringify(events)
  const kept = JSON.stringify(log.slice(0, events.length))
  return [...problems, ...(seen === kept ? [] : ['A subscriber saw other events than the log holds.'])]
}

async function leftOver(folder: string): Promise<string[]> {
  const until = Date.now() + leftOverTimeoutMs
  for (;;) {
    const processes = await processesNaming(folder)
    if (processes.length === 0 || Date.now() > until) return processes.map((line) => `A process was left over: ${line}`)
    await sleep(pollMs)
  }
}

/** What stands at the ends of the logs of a play that hangs. */
async function tail(service: Service): Promise<string[]> {
  const sessions = await listSessions(service).catch(() => [])
  const logs = await Promise.all(sessions.map(({ id }) => logOf(service, id)))
  return logs.map((log) => {
    const last = log.slice(-8).map(({ seq, type, data }) => `${seq} ${type} ${JSON.stringify(data).slice(0, 160)}`)
    return `the log ends with\n    ${last.join('\n    ')}`
  })
}

function readAppends(text: string): string[][] {
  return text
    .trim()
    .split('\n')
    .map((line) => appendSchema.parse(JSON.parse(line)))
}
