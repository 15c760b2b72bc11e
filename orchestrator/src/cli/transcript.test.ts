import { expect, it } from 'vitest'
import type { EventDraft, StoredEvent } from '../events/index.js'
import { createTerminal, printable } from './style.js'
import { createTranscript, resultLinesShown } from './transcript.js'

function transcriptOf(...drafts: EventDraft[]): string {
  const pieces: string[] = []
  const { style } = createTerminal(process.stdout, { NO_COLOR: '1' })
  const transcript = createTranscript({ style, write: (piece) => void pieces.push(piece) })
  drafts.forEach((draft, index) => {
    transcript.show(stored(draft, index + 1))
  })
  return pieces.join('')
}

function stored(draft: EventDraft, seq: number): StoredEvent {
  return { v: 1, seq, sessionId: 'ses_1', runId: 'run_1', ...draft, time: '2026-01-01T00:00:00.000Z' }
}

const called = {
  type: 'tool.called',
  data: { callId: 'c1', name: 'grep_search', arguments: '{"pattern":"x"}' },
} as const

it('shows a call, its correction and the head of its result', () => {
  const lines = Array.from({ length: resultLinesShown + 5 }, (_, index) => `line ${index}`)
  const text = transcriptOf(
    called,
    { type: 'tool.corrected', data: { callId: 'c1', arguments: '{"pattern":"y"}' } },
    {
      type: 'tool.finished',
      data: { callId: 'c1', ok: true, content: [{ type: 'text', text: lines.join('\n') }], meta: {} },
    },
  )
  expect(text).toContain('→ grep_search {"pattern":"x"}')
  expect(text).toContain('corrected to {"pattern":"y"}')
  expect(text).toContain('✓ grep_search')
  expect(text).toContain('… 5 more lines')
  expect(text).not.toContain(`line ${resultLinesShown}\n`)
})

it('does not let a tool or a model drive the terminal', () => {
  const hostile = '\u001b]0;owned\u0007\u001b[2Jred\u001b[31m\u0000\u009b5mtext\r'
  expect(printable(hostile)).toBe('redtext')
  expect(transcriptOf(called, { type: 'notice', data: { code: 'x', message: hostile } })).toContain('! redtext')
})
