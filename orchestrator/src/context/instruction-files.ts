import { lstat, open, readFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'

export const instructionFileName = 'AGENTS.md'
export const instructionBytesMax = 32_768

/** The instruction files from the repository's root down to the workspace: the nearest comes last and wins. */
export async function instructionFiles(workspace: string): Promise<{ path: string; text: string }[]> {
  const files = await Promise.all((await foldersToRoot(workspace)).map((folder) => readIn(folder)))
  return files.filter((file) => file !== undefined).reverse()
}

/** The workspace and the folders above it up to the one with `.git`; without one, the workspace alone. */
async function foldersToRoot(workspace: string): Promise<string[]> {
  const folders = [workspace]
  for (let folder = workspace; ; folder = dirname(folder)) {
    if (folder !== workspace) folders.push(folder)
    if (await exists(join(folder, '.git'))) return folders
    if (folder === dirname(folder)) return [workspace]
  }
}

async function readIn(folder: string): Promise<{ path: string; text: string } | undefined> {
  const path = join(folder, instructionFileName)
  // A link could point at a secret, and what is read here goes to the model's provider.
  const stats = await lstat(path).catch(() => undefined)
  if (!stats?.isFile()) return undefined
  const text = stats.size <= instructionBytesMax ? await readFile(path, 'utf8') : await readStart(path)
  return text.trim() === '' ? undefined : { path, text: text.trim() }
}

async function readStart(path: string): Promise<string> {
  const file = await open(path)
  try {
    const { bytesRead, buffer } = await file.read(Buffer.alloc(instructionBytesMax), 0, instructionBytesMax, 0)
    const text = new TextDecoder().decode(buffer.subarray(0, bytesRead), { stream: true })
    return `${text}\n(cut at ${instructionBytesMax} bytes; read the file for the rest)`
  } finally {
    await file.close()
  }
}

async function exists(path: string): Promise<boolean> {
  return lstat(path).then(
    () => true,
    () => false,
  )
}
