import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { brokenProject } from '../../scripts.js'
import { resultsOf, type Situation } from '../situation.js'

const fixed = '/** Adds. */\nexport function sum(a, b) {\n  // Checked.\n  return a + b\n}\n'
const notes = 'The sign was wrong.\n'

/** An edit that needs correction, and a new file. Done twice, the first would fail or leave a second comment. */
export const edit: Situation = {
  name: 'edit',
  files: brokenProject,
  script: {
    steps: [
      { when: { tool: 'write_file' }, reply: { text: 'Fixed.' } },
      {
        when: { tool: 'read_file' },
        reply: {
          calls: [
            {
              name: 'edit_file',
              arguments: {
                path: 'sum.js',
                edits: [{ lines: '9', first_line: '  return a - b', new_text: '  // Checked.\n  return a + b' }],
              },
            },
            { name: 'write_file', arguments: { path: 'notes.md', content: notes } },
          ],
        },
      },
      { when: {}, reply: { calls: [{ name: 'read_file', arguments: { paths: ['sum.js'] } }] } },
    ],
  },
  async play(player) {
    const session = await player.session()
    await player.ended(session, await player.run(session, 'Fix the sum.', { key: 'fix' }))
  },
  async problems({ workspace, logs }) {
    const texts = [
      { name: 'sum.js', expected: fixed },
      { name: 'notes.md', expected: notes },
    ]
    const wrong = await Promise.all(
      texts.map(async ({ name, expected }) => {
        const found = await readFile(join(workspace, name), 'utf8').catch(String)
        return found === expected ? [] : [`${name} is not as it was to be: ${JSON.stringify(found)}`]
      }),
    )
    const failed = ['edit_file', 'write_file'].flatMap((tool) => resultsOf(logs, tool).filter(({ ok }) => !ok))
    return [...wrong.flat(), ...failed.map(({ text }) => `A change was made, and the model told otherwise: ${text}`)]
  },
}
