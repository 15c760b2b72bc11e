import type { RemoteResult } from '@auroracoder/kit/client'
import { SandboxError } from '@auroracoder/sandbox'
import { ServerDied } from './server-link.js'
import type { ToolOutcome } from './tool-set.js'

/** What the model may be shown of a result; what its server says beside it is left out. */
export function plainOutcome({ ok, text, images }: RemoteResult): ToolOutcome {
  return { ok, text, images, applied: undefined, facts: undefined, panel: undefined }
}

export function failure(text: string): ToolOutcome {
  return plainOutcome({ ok: false, text, images: [], meta: {} })
}

/** Why a call got no result, and what to do. */
export function explain(error: unknown): string {
  if (error instanceof ServerDied) {
    return `${error.message}. It starts again with the next call; verify what this call did before repeating it.`
  }
  if (error instanceof SandboxError) return `The call was not made. ${error.message}`
  const message = error instanceof Error ? error.message : String(error)
  return `The call got no answer: ${message}. Verify what it did before repeating it.`
}
