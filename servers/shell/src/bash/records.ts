/** What bash reports about itself. */
export type BashRecord =
  | { kind: 'done'; id: number; exitCode: number; cwd: string; jobs: Job[] }
  | { kind: 'job'; pid: number; exitCode: number }
  | { kind: 'saved'; draft: number; exitCode: number }
  | { kind: 'forgot' }
  | { kind: 'behind'; id: number; pid: number }
  | { kind: 'ended'; id: number; exitCode: number }

/** A background job of the shell; of a pipeline, its last process, which decides its exit code. */
export interface Job {
  /** Of the shell: `%1`. */
  number: number
  pid: number
  command: string
}

/** Collects chunks and hands out whole records. Each begins with the nonce; before the end of a command stand its jobs. */
export function createRecordReader(nonce: string, onRecord: (record: BashRecord) => void): (chunk: Buffer) => void {
  let rest = ''
  return (chunk) => {
    const parts = (rest + chunk.toString('utf8')).split('\0')
    rest = parts.pop() ?? ''
    for (const part of parts) {
      const at = part.indexOf(`${nonce} `)
      const record = at < 0 ? undefined : parseRecord(part.slice(at + nonce.length + 1), part.slice(0, at))
      if (record !== undefined) onRecord(record)
    }
  }
}

function parseRecord(text: string, before: string): BashRecord | undefined {
  const [, kind, first, second, rest] = /^([a-z]+) (\d+)(?: (\d+)(?: (.*))?)?/s.exec(text) ?? []
  const id = Number(first)
  const value = Number(second)
  switch (kind) {
    case 'done':
      return { kind, id, exitCode: value, cwd: rest ?? '', jobs: parseJobs(before) }
    case 'job':
      return { kind, pid: id, exitCode: value }
    case 'saved':
      return { kind, draft: id, exitCode: value }
    case 'forgot':
      return { kind }
    case 'behind':
      return { kind, id, pid: value }
    case 'ended':
      return { kind, id, exitCode: value }
    default:
      return undefined
  }
}

/** Reads `jobs -l`: a line for each job, and one more for each further process of a pipeline. */
function parseJobs(text: string): Job[] {
  const jobs: Job[] = []
  for (const line of text.split('\n')) {
    const [, number, pid, command = ''] =
      /^(?:\[(\d+)\])?[-+ ]*(\d+) (?:[A-Z]\S*(?: \([^)]*\))?)?\s*(.*)$/.exec(line) ?? []
    if (pid === undefined) continue
    if (number !== undefined) jobs.push({ number: Number(number), pid: Number(pid), command: trimJob(command) })
    else {
      const last = jobs.at(-1)
      if (last !== undefined) Object.assign(last, { pid: Number(pid), command: `${last.command} ${trimJob(command)}` })
    }
  }
  return jobs
}

function trimJob(command: string): string {
  return command.replace(/ &$/, '').trim()
}
