import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { createSnapshot } from './snapshot.js'

function makeFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'snapshot-test-'))
  onTestFinished(() => rmSync(folder, { recursive: true }))
  return folder
}

test('a state that was claimed stays as it was, whatever other servers publish', () => {
  const stateDir = makeFolder()
  const servers = [0, 1].map(() => createSnapshot({ stateDir, key: ['one session'], ageMsMax: 60_000 }))
  const draft = join(stateDir, 'draft')
  const publish = (server: number, text: string): void => {
    writeFileSync(draft, text, { mode: 0o200 })
    servers[server]?.publish(draft)
  }
  for (const server of servers) server.makeFolder()
  const claimed: string[] = []
  for (let round = 0; round < 40; round++) {
    publish(round % 2, `state ${round}`)
    publish((round >> 1) % 2, `state ${round}, again`)
    const path = join(stateDir, `claimed${round}`)
    expect(servers[round % 2]?.claim(path, Date.now())).toBe(true)
    claimed.push(path)
  }
  expect(claimed.map((path) => readFileSync(path, 'utf8'))).toEqual(claimed.map((_, round) => `state ${round}, again`))
  expect(claimed.map((path) => statSync(path).mode & 0o777)).toEqual(claimed.map(() => 0o600))
  expect(readdirSync(join(stateDir, 'snapshots'))).toHaveLength(1)
})

test('there is nothing to claim before the first state, after it was forgotten, and when it is empty or old', () => {
  const stateDir = makeFolder()
  const snapshot = createSnapshot({ stateDir, key: ['session'], ageMsMax: 60_000 })
  const [draft, path] = [join(stateDir, 'draft'), join(stateDir, 'claimed')]
  expect(snapshot.claim(path, Date.now())).toBe(false)
  snapshot.makeFolder()
  writeFileSync(draft, '')
  snapshot.publish(draft)
  expect(snapshot.claim(path, Date.now())).toBe(false)
  writeFileSync(draft, 'x=1')
  snapshot.publish(draft)
  expect(snapshot.claim(path, Date.now() + 120_000)).toBe(false)
  expect(snapshot.claim(path, Date.now())).toBe(true)
  snapshot.forget()
  expect(snapshot.claim(path, Date.now())).toBe(false)
})
