import { execFile } from 'node:child_process'
import { mkdirSync, writeFileSync } from 'node:fs'
import { mkdtemp, realpath, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { Worker } from 'node:worker_threads'
import { afterAll, beforeAll, describe, expect, onTestFinished, test, vi } from 'vitest'
import { type LookList, lookListOf, lookRoundOf } from './look-round.js'
import type { LookMessage } from './look-worker.js'
import { createLooks, type Looks, sharedMin } from './looks.js'
import { stampOf } from './stamp.js'

/** A thread runs what is built. */
const builtWorker = new URL('../../dist/search/look-worker.js', import.meta.url)
const many = sharedMin + 100

let root: string

beforeAll(async () => {
  root = await realpath(await mkdtemp(join(tmpdir(), 'files-looks-')))
  for (let at = 0; at < many; at += 1) mkdirSync(directory(at))
})

afterAll(async () => {
  await rm(root, { recursive: true, force: true })
})

function directory(at: number): string {
  return join(root, `d${at}`)
}

function listNow(count = many): LookList {
  const paths = Array.from({ length: count }, (_, at) => directory(at))
  return lookListOf(paths, paths.map(stampOf))
}

let made = 0

/** What a new file in them, and so a look at them, must show. */
async function change(...places: number[]): Promise<void> {
  // Another tick of the file system's clock.
  await new Promise((resolve) => setTimeout(resolve, 20))
  for (const at of places) {
    made += 1
    writeFileSync(join(directory(at), `${made}`), '')
  }
}

const warn = vi.fn()

function looksWith(workerFile: URL): Looks {
  warn.mockReset()
  const looks = createLooks({ log: { debug() {}, info() {}, warn, error() {} }, workerFile })
  onTestFinished(() => looks.close())
  return looks
}

function inline(code: string): URL {
  return new URL(
    `data:text/javascript,${encodeURIComponent(`import { parentPort } from 'node:worker_threads'; ${code}`)}`,
  )
}

describe('looks find what has changed,', () => {
  test.each([
    ['with a second thread', builtWorker],
    ['when the thread cannot start', new URL('./no-such-file.js', import.meta.url)],
    ['when the thread is refused', new URL('nothing://no-such-scheme')],
    ['when the thread dies at its start', inline('process.exit(1)')],
    ['when the thread dies at work', inline('parentPort.on("message", () => { throw new Error("dead") })')],
    [
      'when the thread takes all the work and does none',
      inline('parentPort.on("message", ({ round }) => Atomics.add(round.next, 0, 1_000))'),
    ],
    ['when the thread never does anything', inline('setInterval(() => {}, 1_000)')],
  ])('%s', async (_, workerFile) => {
    const looks = looksWith(workerFile)
    for (let round = 0; round < 5; round += 1) {
      const list = listNow()
      expect(looks.begin(list)()).toEqual([])
      await change(3, 1_000 + round, many - 1)
      expect(looks.begin(list)()).toEqual([3, 1_000 + round, many - 1])
      expect(looks.begin(list)()).toEqual([3, 1_000 + round, many - 1])
    }
  })

  test('also what was deleted, or is no directory any more', async () => {
    const list = listNow()
    const [first = '', second = ''] = list.paths
    await rm(first, { recursive: true })
    await rm(second, { recursive: true })
    writeFileSync(second, '')
    onTestFinished(async () => {
      await rm(second)
      mkdirSync(first)
      mkdirSync(second)
    })
    expect(looksWith(builtWorker).begin(list)()).toEqual([0, 1])
  })

  test('where there is none, or are few', async () => {
    const looks = looksWith(inline('process.exit(1)'))
    const list = listNow(10)
    await change(4)
    expect(looks.begin(list)()).toEqual([4])
    expect(looks.begin(lookListOf([], []))()).toEqual([])
    await new Promise((resolve) => setTimeout(resolve, 200))
    expect(warn).not.toHaveBeenCalled()
  })
})

test('the second thread looks at every directory that is left to it', async () => {
  const list = listNow()
  await change(7, many - 1)
  const worker = new Worker(builtWorker)
  onTestFinished(async () => void (await worker.terminate()))
  for (const message of [{ list: { ...list, paths: list.paths.join('\0') } }, {}]) {
    const round = lookRoundOf(list)
    worker.postMessage({ ...message, round } satisfies LookMessage)
    await vi.waitFor(() => expect(round.done.every((done) => done === 1)).toBe(true), 10_000)
    expect([...round.changed.entries()].filter(([, changed]) => changed === 1).map(([at]) => at)).toEqual([7, many - 1])
  }
})

test('that the second thread is gone is said once', async () => {
  const looks = looksWith(new URL('./no-such-file.js', import.meta.url))
  for (let round = 0; round < 3; round += 1) {
    looks.begin(listNow())()
    await vi.waitFor(() => expect(warn).toHaveBeenCalledOnce(), 10_000)
  }
})

test('a second thread that is closed ends without a word', async () => {
  const looks = looksWith(builtWorker)
  looks.begin(listNow())()
  await looks.close()
  expect(looks.begin(listNow())()).toEqual([])
  expect(warn).not.toHaveBeenCalled()
})

test('a second thread keeps no process alive', async () => {
  const code = `
    const { createLooks } = await import(${JSON.stringify(new URL('looks.js', builtWorker).href)})
    const { lookListOf } = await import(${JSON.stringify(new URL('look-round.js', builtWorker).href)})
    const paths = Array.from({ length: ${many} }, (_, at) => \`/no/such/\${at}\`)
    const list = lookListOf(paths, paths.map(() => ({ changedMs: 0, inode: 0 })))
    const looks = createLooks({ log: console })
    looks.begin(list)()
    await new Promise((resolve) => setTimeout(resolve, 500))
    console.log(looks.begin(list)().length)`
  const { stdout, stderr } = await promisify(execFile)(process.execPath, ['--input-type=module', '-e', code])
  expect([stdout.trim(), stderr]).toEqual(['0', ''])
})
