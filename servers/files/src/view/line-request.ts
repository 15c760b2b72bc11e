/** Lines that are asked for, 1-based and inclusive, and columns of a line that is too long to be shown whole. */
export interface LineRequest {
  readonly first: number
  /** `Infinity`: to the end. */
  readonly last: number
  readonly columns?: readonly [first: number, last: number]
}

/** "120-180,300-320", "40", "100-" (to the end), "12:2001-4000" (columns of line 12). `undefined`: not readable. */
export function parseLineRequests(text: string): LineRequest[] | undefined {
  const requests = text.split(',').map((part) => parseOne(part.trim()))
  return requests.every((request) => request !== undefined) ? requests : undefined
}

const shape = /^(\d{1,9})(?:\s*(-)\s*(\d{1,9})?|:(\d{1,9})-(\d{1,9}))?$/

function parseOne(text: string): LineRequest | undefined {
  const match = shape.exec(text)
  if (!match) return undefined
  const [, start, dash, end, fromColumn, toColumn] = match
  const first = Math.max(Number(start), 1)
  if (fromColumn !== undefined && toColumn !== undefined) {
    const columns: [number, number] = [Math.max(Number(fromColumn), 1), Number(toColumn)]
    return columns[1] >= columns[0] ? { first, last: first, columns } : undefined
  }
  const last = dash === undefined ? first : end === undefined ? Number.POSITIVE_INFINITY : Number(end)
  return last >= first ? { first, last } : undefined
}
