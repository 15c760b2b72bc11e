import { constants } from 'node:fs'
import { type FileHandle, lstat, open } from 'node:fs/promises'
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

/** Neither a link, which could point at a secret that would go to the model's provider, nor a pipe, which could hang. */
const plainFileOnly = constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK

async function readIn(folder: string): Promise<{ path: string; text: string } | undefined> {
  const path = join(folder, instructionFileName)
  const file = await open(path, plainFileOnly).catch(() => undefined)
  if (!file) return undefined
  try {
    const stats = await file.stat()
    if (!stats.isFile()) return undefined
    const text = stats.size <= instructionBytesMax ? await file.readFile('utf8') : await readStart(file)
    return text.trim() === '' ? undefined : { path, text: text.trim() }
  } finally {
    await file.close()
  }
}

async function readStart(file: FileHandle): Promise<string> {
  const { bytesRead, buffer } = await file.read(Buffer.alloc(instructionBytesMax), 0, instructionBytesMax, 0)
  const text = new TextDecoder().decode(buffer.subarray(0, bytesRead), { stream: true })
  return `${text}\n(cut at ${instructionBytesMax} bytes; read the file for the rest)`
}

async function exists(path: string): Promise<boolean> {
  return lstat(path).then(
    () => true,
    () => false,
  )
}
