import type { ScriptInput } from '../scripted-model/index.js'
import { demoFiles } from './project.js'

/** What the demonstration asks for. */
export const demoTask = 'The test suite fails. Find out why, fix it and show that it passes.'

/** Printed before the second run of the tests, so that its output cannot be taken for the first one's. */
const rerunMark = 'After the fix:'
/** How far the model's line number is off: the files server finds the line by its content and corrects the call. */
const lineError = 4

const runTests = 'node --test --test-reporter=spec'
/** Long enough that a slow machine answers with a finished run, in ms. */
const yieldMs = 50_000

const faultyComparison = 'quantity > rule\\.from'
const wrongLine = lineOf('src/discounts.js', new RegExp(faultyComparison, 'u')) + lineError

/**
 * Plays the task on the project of `createDemoWorkspace`. Every reply hangs on what the tools answered: file names
 * and code are taken from their results, and where a result is not as it should be, the reply says so and stops.
 */
export const demoScript: ScriptInput = {
  description: 'Finds and fixes the off-by-one in the demonstration project.',
  steps: [
    {
      when: { last: demoTask.replaceAll('.', '\\.') },
      reply: {
        reasoning: 'Before reading any code I should see the failure itself. The project uses the test runner of Node.',
        text: 'I run the tests first.',
        calls: [{ name: 'run_terminal_command', arguments: { command: runTests, yield_ms: yieldMs } }],
      },
    },
    {
      when: { tool: 'run_terminal_command', last: `${rerunMark}[^]*\\bpass (?<passed>\\d+)\\s+\\S+ fail 0$` },
      reply: {
        text:
          'The suite passes: {{passed}} tests, no failure. The cause was one comparison in `src/discounts.js`: a ' +
          'discount began only above the quantity of its rule (`>`), so an order of exactly that quantity got none. ' +
          'It now begins at that quantity (`>=`); nothing else was changed.',
      },
    },
    {
      when: { tool: 'run_terminal_command', last: rerunMark },
      reply: {
        text: 'My change did not make the suite pass, so the task is not done. The output of the last run:\n\n{{last}}',
      },
    },
    {
      when: { tool: 'run_terminal_command', last: '\\bpass (?<passed>\\d+)\\s+\\S+ fail 0$' },
      reply: { text: 'The suite does not fail: {{passed}} tests pass. I changed nothing.' },
    },
    {
      when: {
        tool: 'run_terminal_command',
        last: '^✖ (?<test>.+) \\([\\d.]+ms\\)$[^]*^test at test/(?<module>[\\w-]+)\\.test\\.js:\\d+',
      },
      reply: {
        reasoning:
          'One test fails: "{{test}}", in test/{{module}}.test.js. I need the layout of the project, and who uses ' +
          'that module; neither depends on the other, so I can ask for both at once.',
        text: 'One test fails: "{{test}}". I look where its module is and who uses it.',
        calls: [
          { name: 'list_directory', arguments: { path: '.', depth: 2 } },
          { name: 'grep_search', arguments: { pattern: '{{module}}\\.js' } },
        ],
      },
    },
    {
      when: { tool: 'run_terminal_command' },
      reply: { text: 'I could not get a result from the tests, so I changed nothing. The terminal said:\n\n{{last}}' },
    },
    {
      when: {
        tool: 'grep_search',
        last: '(?=[^]*?(?<test>test/[\\w-]+\\.test\\.js))(?=[^]*?\\.\\./(?<source>src/[\\w-]+\\.js))',
      },
      reply: {
        reasoning: '{{test}} imports {{source}}. I read both: what is expected, and what is done.',
        calls: [{ name: 'read_file', arguments: { paths: ['{{source}}', '{{test}}'] } }],
      },
    },
    {
      when: { tool: 'grep_search' },
      reply: {
        text: 'I could not find the code behind the failing test, so I changed nothing. The search said:\n\n{{last}}',
      },
    },
    {
      when: {
        tool: 'read_file',
        last: `^--- (?<source>src/\\S+) \\|[^]*?^ *\\d+\\t(?<before>.*quantity) > (?<after>rule\\.from.*)$`,
      },
      reply: {
        reasoning:
          'The rules say "from so many pieces on", and the test expects the discount at exactly that quantity, but ' +
          'the comparison is strict. It must be >=.',
        text: 'The comparison in `{{source}}` leaves out the quantity at which a rule begins. I correct that line.',
        calls: [
          {
            name: 'edit_file',
            arguments: {
              path: '{{source}}',
              edits: [
                {
                  lines: String(wrongLine),
                  first_line: '{{before}} > {{after}}',
                  new_text: '{{before}} >= {{after}}',
                },
              ],
            },
          },
        ],
      },
    },
    {
      when: { tool: 'read_file' },
      reply: { text: 'The code is not what I expected, so I changed nothing. I read:\n\n{{last}}' },
    },
    {
      when: { tool: 'edit_file' },
      reply: {
        reasoning: 'Whether that was the cause is for the tests to say.',
        text: 'Now the tests again.',
        calls: [
          {
            name: 'run_terminal_command',
            arguments: { command: `echo '${rerunMark}' && ${runTests}`, yield_ms: yieldMs },
          },
        ],
      },
    },
    {
      when: {},
      reply: {
        text:
          'I am a script, not a model, and know one task only: the demonstration. Set DEEPSEEK_API_KEY and start ' +
          'again to give me work of your own.',
      },
    },
  ],
}

function lineOf(name: string, pattern: RegExp): number {
  const lines = (demoFiles[name] ?? '').split('\n')
  return lines.findIndex((line) => pattern.test(line)) + 1
}
