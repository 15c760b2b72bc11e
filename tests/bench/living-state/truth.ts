import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { type ReadableMessage, reconstruct, type ShownFile } from '@auroracoder/kit/panel'

export interface Truth {
  readonly workspace: string
  readonly nonce: string
}

/** Files that the messages show otherwise than they are on disk. */
export async function falseFiles(messages: readonly ReadableMessage[], { workspace, nonce }: Truth): Promise<string[]> {
  const wrong: string[] = []
  for (const [path, shown] of reconstruct(messages, nonce)) {
    const text = await readFile(join(workspace, path), 'utf8').catch(() => undefined)
    if (text === undefined || !isShownAsIs(shown, text)) wrong.push(path)
  }
  return wrong
}

function isShownAsIs(shown: ShownFile, text: string): boolean {
  const lines = text.split('\n')
  if (lines.at(-1) === '') lines.pop()
  if (shown.lineCount !== lines.length || shown.finalNewline !== text.endsWith('\n')) return false
  return [...shown.lines].every(([number, line]) => lines[number - 1] === line)
}
