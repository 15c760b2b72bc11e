import { z } from 'zod'
import { SandboxError } from '../sandbox.js'

export const outputCharsMax = 4_000
/** Progress bars and what makes a colour. */
const terminalControls = /\x1b\[[\d;?]*[a-zA-Z]/g

/** Reads what the engine says about a build to its end. Throws `SandboxError` with the step that failed. */
export async function readProgress(
  answer: NodeJS.ReadableStream,
  onProgress: (line: string) => void = () => {},
): Promise<void> {
  let step = 'the start'
  let output = ''
  let hasImage = false

  for await (const message of messagesOf(answer)) {
    hasImage ||= message.aux !== undefined
    if (message.error !== undefined) throw new SandboxError(failure({ step, output, error: message.error }))
    for (const line of linesOf(message)) {
      onProgress(line)
      if (/^Step \d+\/\d+ : /.test(line)) [step, output] = [line, '']
      else output = `${output}${line}\n`.slice(-outputCharsMax)
    }
  }
  if (!hasImage) throw new SandboxError(failure({ step, output, error: 'the engine broke off without an image' }))
}

const messageSchema = z.object({
  stream: z.string().optional(),
  status: z.string().optional(),
  progress: z.string().optional(),
  error: z.string().optional(),
  aux: z.unknown().optional(),
})
type Message = z.infer<typeof messageSchema>

/** One JSON value a line, which may arrive in pieces. */
async function* messagesOf(answer: NodeJS.ReadableStream): AsyncGenerator<Message> {
  let rest = ''
  const decoder = new TextDecoder()
  for await (const chunk of answer) {
    rest += typeof chunk === 'string' ? chunk : decoder.decode(chunk, { stream: true })
    const lines = rest.split('\n')
    rest = lines.pop() ?? ''
    for (const line of lines) if (line.trim() !== '') yield messageSchema.parse(JSON.parse(line))
  }
  if (rest.trim() !== '') yield messageSchema.parse(JSON.parse(rest))
}

/** The many small steps of a download are left out. */
function linesOf({ stream = '', status, progress }: Message): string[] {
  const text = stream + (status !== undefined && progress === undefined ? status : '')
  return text
    .replace(terminalControls, '')
    .split(/[\r\n]+/)
    .map((line) => line.trimEnd())
    .filter((line) => line !== '')
}

interface Failed {
  step: string
  output: string
  error: string
}

function failure({ step, output, error }: Failed): string {
  const said = output === '' ? '' : `\nThe end of its output:\n${output.trimEnd()}`
  return `The image of the sandbox could not be built: ${error} (${step}). Mend what the output names and build again: finished steps are kept.${said}`
}
