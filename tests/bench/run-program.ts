import { spawn } from 'node:child_process'

export interface Program {
  readonly file: string
  readonly args: readonly string[]
  readonly cwd?: string
  readonly env?: NodeJS.ProcessEnv
  readonly input?: string
  /** Exit codes that are no failure. */
  readonly codes?: readonly number[]
}

/** Runs a program to its end and answers what it printed. */
export function runProgram({ file, args, cwd, env, input = '', codes = [0] }: Program): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    const child = spawn(file, args, { cwd, env, stdio: ['pipe', 'pipe', 'pipe'] })
    const output: Buffer[] = []
    const errors: Buffer[] = []
    child.stdout.on('data', (chunk: Buffer) => output.push(chunk))
    child.stderr.on('data', (chunk: Buffer) => errors.push(chunk))
    child.once('error', (error) => reject(new Error(`"${file}" could not be started.`, { cause: error })))
    child.once('close', (code) => {
      if (code !== null && codes.includes(code)) return resolve(Buffer.concat(output))
      const said = Buffer.concat(errors).toString().trim()
      reject(new Error(`${file} ${args.join(' ')} ended with ${code ?? 'a signal'}: ${said}`))
    })
    // A program that needs no input may be gone before it is written.
    child.stdin.on('error', () => {})
    child.stdin.end(input)
  })
}
