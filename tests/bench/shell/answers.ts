/** What an answer says about its command, whichever server gave it. */
export interface Told {
  readonly output: string
  /** `undefined` where the answer does not say. */
  readonly exitCode: number | undefined
  /** It claims that the command waits for input. */
  readonly waits: boolean
  /** By which a server can be asked about the command again. */
  readonly pid?: number
}

/** Throws on what is not such an answer: read as "claims nothing" it would count in the server's favour. */
export type ReadAnswer = (text: string) => Told

/** The last line tells: `[nonce] command_id=… status=exited exit_code=0 …`. */
export const readOurs: ReadAnswer = (text) => {
  const lastBreak = text.lastIndexOf('\n')
  const footer = /^\[[0-9a-f]+\] command_id=\S+(?: session=\S+)? status=(\w+)(?: exit_code=(\d+))?/.exec(
    text.slice(lastBreak + 1),
  )
  if (!footer) throw notUnderstood(text)
  const [, status, exitCode] = footer
  return {
    output: text.slice(0, Math.max(0, lastBreak)),
    exitCode: exitCode === undefined ? undefined : Number(exitCode),
    waits: status === 'waiting_tty',
  }
}

/** Its verdict, where it has one, is the last line. */
export const readCommander: ReadAnswer = (text) => {
  const head = /^Process started with PID (\d+) \(shell: [^\n]*\)\nInitial output:\n/.exec(text)
  if (!head) throw notUnderstood(text)
  const [frame, pid] = head
  const verdict =
    /\n(?:🔄 Process \d+ is waiting for input[^\n]*|✅ Process \d+ has finished execution|⏳ Process is running\. [^\n]*)$/u
  const rest = text.slice(frame.length)
  const found = verdict.exec(rest)?.[0] ?? ''
  return {
    output: rest.slice(0, rest.length - found.length),
    exitCode: undefined,
    waits: found.startsWith('\n🔄'),
    pid: Number(pid),
  }
}

/** What it answers to `read_process_output` about a process that has ended. */
export function readCommanderExit(text: string): number | undefined {
  const code = /\n✅ Process completed with exit code (\d+)/u.exec(text)?.[1]
  return code === undefined ? undefined : Number(code)
}

export const readOneShot: ReadAnswer = (text) => {
  const ending = /\[exit code (\w+)\]$/.exec(text)
  if (!ending) throw notUnderstood(text)
  return { output: text.slice(0, ending.index), exitCode: Number(ending[1]), waits: false }
}

function notUnderstood(text: string): Error {
  return new Error(`An answer that is not understood: ${text.slice(0, 200)} … ${text.slice(-200)}`)
}
