import { createHash } from 'node:crypto'

export const toolNameCharsMax = 64
const separator = '__'

/** The name of a foreign tool for the model, unlike every name in `taken`; the same for the same tool at any time. */
export function foreignToolName(key: string, tool: string, taken: ReadonlySet<string>): string {
  const plain = `${key}${separator}${tool}`
  if (isUnambiguous(key, tool) && !taken.has(plain)) return plain
  const hash = createHash('sha256')
    .update(JSON.stringify([key, tool]))
    .digest('hex')
  for (let chars = hashCharsMin; chars <= hash.length; chars += 1) {
    const end = `_${hash.slice(0, chars)}`
    const name = `${plain.replaceAll(/[^A-Za-z0-9_-]/g, '_').slice(0, toolNameCharsMax - end.length)}${end}`
    if (!taken.has(name.slice(0, toolNameCharsMax))) return name.slice(0, toolNameCharsMax)
  }
  throw new Error(`There is no free name for the tool ${tool} of ${key}.`)
}

const hashCharsMin = 8

/** Whether nothing else than these two can give their plain name: it is then read back at its first separator. */
function isUnambiguous(key: string, tool: string): boolean {
  const isFit = /^[A-Za-z0-9_-]+$/.test(tool) && key.length + separator.length + tool.length <= toolNameCharsMax
  return isFit && /^[A-Za-z0-9-]+(_[A-Za-z0-9-]+)*$/.test(key)
}
