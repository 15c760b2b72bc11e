import type { ScriptInput } from '@auroracoder/orchestrator/scripted-model'

/** A bug in `sum.js` is found and fixed: read, edit with a wrong line number, test, report. */
export function fixScript(faults: Partial<Record<'read' | 'edit' | 'test' | 'report', object>> = {}): ScriptInput {
  return {
    steps: [
      step(faults.read, {
        reasoning: 'I look at the file first.',
        calls: [{ name: 'read_file', arguments: { paths: ['sum.js'] } }],
      }),
      step(faults.edit, {
        text: 'The sign is wrong.',
        calls: [
          {
            name: 'edit_file',
            arguments: {
              path: 'sum.js',
              edits: [{ lines: '9', first_line: '  return a - b', new_text: '  return a + b' }],
            },
          },
        ],
      }),
      step(faults.test, {
        calls: [{ name: 'run_terminal_command', arguments: { command: 'node --test' } }],
      }),
      step(faults.report, { reasoning: 'All is well.', text: 'Fixed: the sum subtracted. — Überprüft ✓' }),
    ],
  }
}

function step(fault: object | undefined, reply: object): ScriptInput['steps'][number] {
  return { reply, ...(fault ? { fault } : {}) } as ScriptInput['steps'][number]
}

export const brokenProject = {
  'package.json': '{"type": "module"}\n',
  'sum.js': '/** Adds. */\nexport function sum(a, b) {\n  return a - b\n}\n',
  'sum.test.js':
    "import assert from 'node:assert'\nimport test from 'node:test'\nimport { sum } from './sum.js'\n\ntest('adds', () => assert.equal(sum(2, 3), 5))\n",
}
