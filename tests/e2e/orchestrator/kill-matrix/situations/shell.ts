import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { outcomeUnknown, resultsOf, type Situation, type SituationEnd } from '../situation.js'

const tool = 'run_terminal_command'

/** Appends a line to a file, so that it can be counted how often it ran. */
export function countingCall(word: string): { name: string; arguments: Record<string, unknown> } {
  return { name: tool, arguments: { command: `echo ${word} >> effects.txt` } }
}

/** Two reads that go side by side, then a command with an effect. */
export const shell: Situation = {
  name: 'shell',
  files: { 'a.txt': 'a\n', 'b.txt': 'b\n' },
  script: {
    steps: [
      { when: { tool }, reply: { text: 'It ran, or I was told that nobody knows.' } },
      {
        when: {},
        reply: {
          reasoning: 'Look, then run.',
          text: 'I begin.',
          calls: [
            { name: 'read_file', arguments: { paths: ['a.txt'] } },
            { name: 'read_file', arguments: { paths: ['b.txt'] } },
            countingCall('ran'),
          ],
        },
      },
    ],
  },
  async play(player) {
    const session = await player.session()
    await player.ended(session, await player.run(session, 'Run it once.', { key: 'run' }))
  },
  problems: (end) => effectProblems(end, { ran: 1 }),
}

/** Each word stands in the file at most as often as it may; results that say it went well are the effects there. */
export async function effectProblems(
  { workspace, logs }: SituationEnd,
  allowed: Readonly<Record<string, number>>,
): Promise<string[]> {
  const effects = (await readFile(join(workspace, 'effects.txt'), 'utf8').catch(() => '')).split('\n').filter(Boolean)
  const results = resultsOf(logs, tool).filter(({ text }) => !text.includes('declined'))
  const known = results.filter(({ ok }) => ok).length
  const untold = results.filter(({ ok, text }) => !ok && !text.includes(outcomeUnknown))
  return [
    ...effects.filter((word) => !(word in allowed)).map((word) => `"${word}" ran, and it must not.`),
    ...Object.entries(allowed).flatMap(([word, max]) => {
      const count = effects.filter((effect) => effect === word).length
      return count > max ? [`"${word}" ran ${count} times.`] : []
    }),
    ...(effects.length < known ? [`${known} commands are said to have run, and ${effects.length} did.`] : []),
    ...(effects.length > results.length ? [`${effects.length} commands ran for ${results.length} results.`] : []),
    ...untold.map(({ text }) => `A command failed, and the model was not told that its outcome is unknown: ${text}`),
  ]
}
