import { mkdirSync, readdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { wordsAgent } from '../sessions/agent.fixture.js'
import { type Answer, type Bench, createBench, token } from './server.fixture.js'

/** A server with one session on a scratch workspace, and its files. */
export interface FilesBench extends Bench {
  id: string
  workspace: string
  put(path: string, content: string | Buffer): void
  /** A request below the session's `workspace/`. */
  files(method: string, what: string, headers?: Record<string, string>): Promise<Answer>
  /** An upload of parts, or of an archive. */
  send(body: FormData | Buffer, query?: string): Promise<Answer>
  /** What uploads under way keep in the workspace. */
  staged(): string[]
}

export async function createFilesBench(): Promise<FilesBench> {
  const bench = await createBench({ agent: wordsAgent })
  const { session } = (await bench.call('POST', '/v1/sessions', {})).body
  const { id, workspace }: { id: string; workspace: string } = session
  return {
    ...bench,
    id,
    workspace,
    put(path, content) {
      mkdirSync(join(workspace, path, '..'), { recursive: true })
      writeFileSync(join(workspace, path), content)
    },
    files: (method, what, headers) => bench.call(method, `/v1/sessions/${id}/workspace/${what}`, undefined, headers),
    async send(body, query = '') {
      const isArchive = body instanceof Buffer
      const response = await fetch(`${bench.server.url}/v1/sessions/${id}/workspace/upload${query}`, {
        method: 'POST',
        headers: { authorization: `Bearer ${token}`, ...(isArchive ? { 'content-type': 'application/zip' } : {}) },
        body: isArchive ? new Uint8Array(body) : body,
      })
      return { status: response.status, headers: response.headers, body: await response.json() }
    },
    staged: () => readdirSync(workspace).filter((name) => name.startsWith('.auroracoder-staging-')),
  }
}

export function formOf(files: Record<string, string | Buffer>): FormData {
  const form = new FormData()
  for (const [path, content] of Object.entries(files)) {
    form.append('file', new Blob([new Uint8Array(Buffer.from(content))]), path)
  }
  return form
}
