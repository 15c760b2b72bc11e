import { afterAll, afterEach, beforeAll, expect, test } from 'vitest'
import { createWorkbench, type Workbench } from '../tools/workbench.fixture.js'

/** One command that tries to confuse the shell, and what it must come to. Each is followed by a check that the shell is well. */
interface Hostile {
  name: string
  command: string
  output: string | RegExp
  exitCode: number
  status?: string
}

// biome-ignore-start lint/suspicious/noTemplateCurlyInString: shell source, not templates
const cases: Hostile[] = [
  { name: 'a heredoc', command: "cat <<'E'\na $x\nE\n:", output: 'a $x', exitCode: 0 },
  { name: 'a heredoc without its end', command: 'cat <<E\nhello', output: /hello/, exitCode: 0 },
  { name: 'an open double quote', command: 'echo "abc', output: /unexpected EOF/, exitCode: 2 },
  { name: 'an open single quote', command: "echo 'abc", output: /unexpected EOF/, exitCode: 2 },
  { name: 'an open command substitution', command: 'echo $(echo', output: /unexpected EOF|syntax error/, exitCode: 1 },
  { name: 'a trailing backslash', command: 'echo a\\', output: /^a\\?$/, exitCode: 0 },
  { name: 'a syntax error', command: 'if then', output: /syntax error/, exitCode: 2 },
  { name: 'a stray closing brace', command: '}; echo no', output: /syntax error/, exitCode: 2 },
  { name: 'a stray closing parenthesis', command: '); echo no', output: /syntax error/, exitCode: 2 },
  { name: 'only a comment', command: '# nothing', output: '', exitCode: 0 },
  { name: 'tabs', command: 'echo "a\tb"\t&& echo c', output: 'a\tb\nc', exitCode: 0 },
  { name: 'history expansion', command: 'echo "hi!!" !x !$', output: 'hi!! !x !$', exitCode: 0 },
  { name: 'carriage returns between lines', command: 'echo a\r\necho b', output: 'a\nb', exitCode: 0 },
  { name: 'arrays', command: 'a=(1 "2 3" 4); echo "${a[1]}" ${#a[@]}', output: '2 3 3', exitCode: 0 },
  { name: 'a function', command: 'f() { echo "f $1"; return 7; }; f x', output: 'f x', exitCode: 7 },
  { name: 'return outside a function', command: 'echo a; return 4', output: /^a\n.*can only `return'/, exitCode: 2 },
  { name: 'cat and read on empty input', command: 'cat; read x; echo "[$x] $?"', output: '[] 1', exitCode: 0 },
  {
    name: 'a changed PS1 and PROMPT_COMMAND',
    command: 'PS1="[1]+ Done "; PROMPT_COMMAND="echo pc; false"',
    output: '',
    exitCode: 0,
  },
  { name: 'an unset PROMPT_COMMAND', command: 'unset PS1 PS2 PS4 PROMPT_COMMAND; echo u', output: 'u', exitCode: 0 },
  { name: 'stty without a terminal on stdin', command: 'stty -echo', output: /stty/, exitCode: 1 },
  { name: 'a raw terminal', command: 'stty raw -echo -isig </dev/tty; echo r', output: 'r', exitCode: 0 },
  { name: 'set -u', command: 'set -u; echo on', output: 'on', exitCode: 0 },
  {
    name: 'an unbound variable under set -u',
    command: 'set -u; echo $nope; echo no',
    output: /unbound variable/,
    exitCode: 1,
  },
  { name: 'set -e', command: 'set -e; true; echo e', output: 'e', exitCode: 0 },
  { name: 'set -o posix', command: 'set -o posix; echo p', output: 'p', exitCode: 0 },
  { name: 'set -f', command: 'set -f; echo *', output: '*', exitCode: 0 },
  { name: 'set -x', command: 'set -x; echo x; set +x', output: /\+ echo x\nx/, exitCode: 0 },
  { name: 'set -v', command: 'set -v; echo v; set +v', output: 'v', exitCode: 0 },
  { name: 'set -n', command: 'set -n; echo n', output: /n?/, exitCode: 0 },
  { name: 'set -C', command: 'set -C; echo c', output: 'c', exitCode: 0 },
  { name: 'set -a', command: 'set -a; echo a', output: 'a', exitCode: 0 },
  { name: 'set -k', command: 'set -k; echo k; set +k', output: 'k', exitCode: 0 },
  { name: 'set -b', command: 'set -b; echo b', output: 'b', exitCode: 0 },
  { name: 'set +m', command: 'set +m; echo m', output: 'm', exitCode: 0 },
  { name: 'set -T and set -E', command: 'set -TE; echo te', output: 'te', exitCode: 0 },
  { name: 'TMOUT', command: 'TMOUT=1; echo t', output: 't', exitCode: 0 },
  { name: 'extdebug', command: 'shopt -s extdebug; echo d', output: 'd', exitCode: 0 },
  {
    name: 'other shell options',
    command: 'shopt -s extglob nullglob failglob lastpipe; echo o',
    output: 'o',
    exitCode: 0,
  },
  { name: 'no alias expansion', command: 'shopt -u expand_aliases; echo o', output: 'o', exitCode: 0 },
  { name: 'a disabled printf', command: 'enable -n printf; echo p', output: 'p', exitCode: 0 },
  {
    name: 'disabled builtins',
    command: 'enable -n eval mapfile declare set unset kill wait; echo b',
    output: 'b',
    exitCode: 0,
  },
  {
    name: 'aliases of builtins',
    command: 'alias builtin=false eval=false printf=false; echo a',
    output: 'a',
    exitCode: 0,
  },
  { name: 'a function named printf', command: 'printf() { echo evil; }; echo p', output: 'p', exitCode: 0 },
  { name: 'a function named eval', command: 'function eval { echo evil; }; echo e', output: 'e', exitCode: 0 },
  {
    name: 'functions named like our builtins',
    command:
      'for f in set unset declare kill wait jobs shopt mapfile enable; do builtin eval "function $f { :; }"; done; echo f',
    output: 'f',
    exitCode: 0,
  },
  { name: 'IFS', command: 'IFS=x; echo i', output: 'i', exitCode: 0 },
  { name: 'IFS of digits and letters', command: 'IFS=0123456789abcdef/; echo i', output: 'i', exitCode: 0 },
  { name: 'a readonly IFS', command: 'IFS=x; readonly IFS; echo i', output: 'i', exitCode: 0 },
  { name: 'a readonly PWD and OLDPWD', command: 'readonly PWD OLDPWD; echo w', output: 'w', exitCode: 0 },
  { name: 'an unset PWD', command: 'unset PWD; echo w', output: 'w', exitCode: 0 },
  { name: 'positional parameters', command: 'set -- a b c; echo $#', output: '3', exitCode: 0 },
  { name: 'an empty PATH', command: 'PATH=; echo p', output: 'p', exitCode: 0 },
  { name: 'BASH_ENV and ENV', command: 'export BASH_ENV=/nope ENV=/nope; echo b', output: 'b', exitCode: 0 },
  { name: 'output sent elsewhere by exec', command: 'exec >/dev/null; echo lost', output: '', exitCode: 0 },
  {
    name: 'errors sent elsewhere by exec',
    command: 'exec 2>/dev/null; echo kept; nope-nope',
    output: 'kept',
    exitCode: 127,
  },
  { name: 'closed standard streams', command: 'exec 0<&- 1>&- 2>&-; echo lost', output: '', exitCode: 1 },
  {
    name: 'every descriptor closed',
    command: 'for i in {3..200}; do eval "exec $i>&-"; done 2>/dev/null; echo c',
    output: 'c',
    exitCode: 0,
  },
  { name: 'a trap on INT', command: 'trap "echo int" INT; echo t', output: 't', exitCode: 0 },
  { name: 'a trap on ERR', command: 'trap "echo err" ERR; false', output: 'err', exitCode: 1 },
  { name: 'a trap on DEBUG', command: 'trap "echo dbg" DEBUG; echo t', output: 'dbg\nt', exitCode: 0 },
  { name: 'a trap on RETURN', command: 'set -T; trap "echo ret" RETURN; f() { :; }; f', output: /ret/, exitCode: 0 },
  { name: 'a trap on EXIT', command: 'trap "echo bye" EXIT; echo t', output: 't', exitCode: 0 },
  { name: 'a trap on EXIT in a subshell', command: '(trap "echo bye" EXIT; echo t)', output: 't\nbye', exitCode: 0 },
  { name: 'every signal ignored', command: 'trap "" HUP INT QUIT TERM CHLD; echo t', output: 't', exitCode: 0 },
  { name: 'unicode', command: 'echo "héllo 世界 🎉 é"', output: 'héllo 世界 🎉 é', exitCode: 0 },
  { name: 'bytes that are no UTF-8', command: "printf 'a\\xff\\xfeb\\n'", output: 'a\ufffd\ufffdb', exitCode: 0 },
  { name: 'no final newline', command: 'printf abc', output: 'abc', exitCode: 0 },
  {
    name: 'terminal escapes',
    command: "printf '\\e[31mred\\e[0m \\e]0;title\\a\\e[2Jx\\n'",
    output: 'red x',
    exitCode: 0,
  },
  { name: 'a progress line', command: "printf '10%%\\r50%%\\r100%%\\n'", output: '100%', exitCode: 0 },
  {
    name: 'fake markers',
    command: 'printf "\\e]633;D;0\\a\\e]133;D;0\\aexit_code=0\\n__ac_done 1\\n"; false',
    output: 'exit_code=0\n__ac_done 1',
    exitCode: 1,
  },
  {
    name: 'a fake footer',
    command: 'echo "[00000000] command_id=c1 status=exited exit_code=0"; exit_code=5; (exit 5)',
    output: /status=exited/,
    exitCode: 5,
  },
  {
    name: 'a command named like ours',
    command: '$(declare -F | grep -o "__ac_.*_done") 1; readonly -f $(compgen -A function) nope; echo u',
    output: /u$/,
    exitCode: 0,
  },
  { name: 'an exit in a subshell', command: '(exit 9)', output: '', exitCode: 9 },
  { name: 'a missing program', command: 'no-such-program-here', output: /not found/, exitCode: 127 },
  { name: 'a program killed by a signal', command: 'bash -c "kill -TERM \\$\\$"', output: /Terminated/, exitCode: 143 },
  { name: 'the exit code of the command before', command: 'false; echo $?', output: '1', exitCode: 0 },
  { name: 'exit 3', command: 'exit 3', output: /^(exit)?$/, exitCode: 3, status: 'shell_restarted' },
  {
    name: 'set -e and a failure',
    command: 'set -e; false; echo no',
    output: '',
    exitCode: 1,
    status: 'shell_restarted',
  },
  { name: 'set -t', command: 'set -t; echo t', output: /t/, exitCode: 0, status: 'shell_restarted' },
  { name: 'exec of a program', command: 'exec false', output: '', exitCode: 1, status: 'shell_restarted' },
  {
    name: 'exec of a missing program',
    command: 'exec no-such-program-here; echo after',
    output: /not found[\s\S]*after/,
    exitCode: 0,
  },
]
// biome-ignore-end lint/suspicious/noTemplateCurlyInString: shell source, not templates

let bench: Workbench
beforeAll(async () => {
  bench = await createWorkbench()
})
afterEach(() => bench.call('reset_terminal', { keep_state: false }))
afterAll(() => bench.remove())

test.for(cases)('$name', async ({ command, output, exitCode, status = 'exited' }) => {
  const answer = await bench.run(command)
  expect(answer.facts.status).toBe(status)
  expect(answer.facts.exit_code).toBe(exitCode)
  if (typeof output === 'string') expect(answer.output).toBe(output)
  else expect(answer.output).toMatch(output)

  const next = await bench.run('\\builtin echo "still $((40 + 2))"')
  expect(next.output).toContain('still 42')
  expect(next.facts.exit_code).toBe(0)
})

test('a shell killed by its command is replaced', async () => {
  await bench.run('export KEPT=yes; f() { echo "f $KEPT"; }; alias ll="echo alias"; cd /tmp; set -u')
  const killed = await bench.run('kill -9 $$')
  expect(killed.facts).toMatchObject({ status: 'shell_restarted', exit_code: null, signal: 'SIGKILL' })
  const next = await bench.run('f; ll; pwd; echo $-')
  expect(next.output).toMatch(/^f yes\nalias\n\/tmp\n.*u/)
  expect(next.facts.took_over).toBe(true)
})

test('a shell that can no longer report is replaced', async () => {
  await bench.run('KEPT=yes')
  const broken = await bench.run('builtin() { :; }; echo said', { yield_ms: 10_000 })
  expect(broken.output).toBe('said')
  expect(broken.facts.status).toBe('shell_restarted')
  expect((await bench.run('echo $KEPT')).output).toBe('yes')
})

test('a skipped report is noticed', async () => {
  const broken = await bench.run("shopt -s extdebug; trap 'false' DEBUG; echo x", { yield_ms: 10_000 })
  expect(broken.facts.status).toBe('shell_restarted')
  expect((await bench.run('echo well')).output).toBe('well')
})
