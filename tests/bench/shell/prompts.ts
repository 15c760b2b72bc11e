/** A command that prints what looks like a prompt. */
export interface PromptCase {
  readonly text: string
  /** Where the text goes. */
  readonly stream: Stream
  /** As a server runs it that gives its commands a terminal, and one that does not. */
  command(place: { hasTerminal: boolean }): string
}

/** Without a terminal, what is meant for it goes to stdout. */
export type Stream = 'stdout' | 'stderr' | 'terminal'

/** What comes after the words that look like a prompt. */
const sequels = {
  ends: 'sleep 0.3',
  'says more': 'sleep 0.3; echo; echo so it went on',
  'shows progress': 'for dot in {1..10}; do sleep 0.03; printf .; done',
  'reads, yet not from the terminal': 'sleep 0.3 | cat',
} as const

/** None of them waits for anybody. */
export const pretenders: readonly PromptCase[] = [
  pretender('Password: ', 'stdout', 'ends'),
  pretender('[sudo] password for ada: ', 'terminal', 'ends'),
  pretender('Enter passphrase for key: ', 'terminal', 'reads, yet not from the terminal'),
  pretender('Username: ', 'terminal', 'says more'),
  pretender('login: ', 'stdout', 'reads, yet not from the terminal'),
  pretender('Continue? [Y/n] ', 'stdout', 'says more'),
  pretender('Proceed ([y]/n)? ', 'stdout', 'ends'),
  pretender('Are you sure you want to continue connecting (yes/no)? ', 'terminal', 'says more'),
  pretender('Overwrite? (y/n) ', 'stderr', 'ends'),
  pretender('Press any key to continue . . . ', 'stdout', 'shows progress'),
  pretender('Press ENTER to continue', 'terminal', 'shows progress'),
  pretender('>>> ', 'stdout', 'ends'),
  pretender('... ', 'stdout', 'says more'),
  pretender('> ', 'terminal', 'ends'),
  pretender('$ ', 'stdout', 'ends'),
  pretender('root@host:~# ', 'stdout', 'says more'),
  pretender('ada@host % ', 'stderr', 'ends'),
  pretender('mysql> ', 'stdout', 'reads, yet not from the terminal'),
  pretender('postgres=# ', 'stdout', 'shows progress'),
  pretender('(gdb) ', 'stderr', 'says more'),
]

/** All of them wait for a line, from the terminal or, where there is none, from their stdin. */
export const waiters: readonly PromptCase[] = [
  waiter('Name: ', (from) => `read -r answer${from}`),
  waiter('Continue? [Y/n] ', (from) => `head -n 1${from}`),
  waiter('>>> ', (from) => `read -r answer${from}`),
  { text: 'Password: ', stream: 'stderr', command: (place) => `read -rsp 'Password: ' answer${input(place)}` },
  { text: '#? ', stream: 'stderr', command: (place) => `select answer in one two; do break; done${input(place)}` },
]

function pretender(text: string, stream: Stream, sequel: keyof typeof sequels): PromptCase {
  return { text, stream, command: (place) => `${print(text, stream, place)}; ${sequels[sequel]}` }
}

function waiter(text: string, read: (from: string) => string): PromptCase {
  const stream = 'terminal'
  return { text, stream, command: (place) => `${print(text, stream, place)}; ${read(input(place))}` }
}

function print(text: string, stream: Stream, { hasTerminal }: { hasTerminal: boolean }): string {
  const to = { stdout: '', stderr: ' >&2', terminal: hasTerminal ? ' >/dev/tty' : '' }
  return `printf %s '${text}'${to[stream]}`
}

function input({ hasTerminal }: { hasTerminal: boolean }): string {
  return hasTerminal ? ' </dev/tty' : ''
}
