import { namesFor } from './names.js'
import type { BashPaths } from './paths.js'
import { quote } from './quote.js'

export interface RcOptions {
  paths: BashPaths
  /** Begins every record, so that nothing else that reaches the FIFOs is taken for one. */
  nonce: string
  /** `NAME=value` in the environment of everything the shell starts. */
  mark: string
  /** State of an earlier shell to take over. */
  snapshot: string | undefined
}

/** The builtins that our own lines stand on: a command may have disabled them with `enable -n`. */
const ownBuiltins =
  'alias builtin cd declare disown enable eval exec jobs kill mapfile printf read set shopt trap umask unset wait'

/** Commands without `\\builtin` in the output of builtins that print what to read back. */
const namedInSnapshot = 'alias set shopt umask'

/**
 * What a shell reads before its first command. Every name is called as `\builtin name`: aliases are not expanded after a
 * backslash, and functions of the same name are passed over.
 */
export function rcText({ paths, nonce, mark, snapshot }: RcOptions): string {
  const records = quote(paths.records)
  const { text, code, flags, aliases, rest, done, report, forget, behind } = namesFor(nonce)
  return `${snapshot === undefined ? freshState : takeOver(snapshot)}
\\builtin unset -v HISTFILE TMOUT
\\builtin set +o history +o errexit +H
\\builtin export ${mark}
${aliases}="$(\\builtin shopt -p expand_aliases)"
\\builtin shopt -u expand_aliases

# Arguments: exit code, id of the command, draft to write, process ids of jobs.
${done}() {
  ${flags}="$-"
  # Also before it is enabled again: with -e in force, what fails here would end the shell.
  \\builtin set +eTE
  \\builtin enable ${ownBuiltins}
  \\builtin set +eTE
  # A function that is called without -T and -E has none of the traps that a command set on DEBUG, RETURN and ERR.
  \\${report} "$@"
  if [[ "$${flags}" == *T* ]]; then \\builtin set -T; fi
  if [[ "$${flags}" == *E* ]]; then \\builtin set -E; fi
  \\builtin unset -v ${flags}
}

${report}() {
  \\builtin unset -v ${text} ${code} TMOUT
  while [[ $# -gt 3 ]]; do
    if ! \\builtin kill -0 "$4"; then
      \\builtin wait "$4"
      \\builtin printf '%s\\0' "${nonce} job $4 $?" >${records}
    fi
    \\builtin set -- "$1" "$2" "$3" "\${@:5}"
  done
  {
    # The next command may come as soon as this one is done, and it reports which of these have ended.
    \\builtin jobs -lr
    \\builtin jobs -ls
    \\builtin printf '%s\\0' "${nonce} done $2 $1 \${PWD-}"
  } >${records}
  {
    # Functions are read with no alias at work, and with the patterns that they may have been written with.
    \\builtin printf '%s\\n' '\\builtin shopt -u expand_aliases' '\\builtin shopt -s extglob' &&
    \\builtin declare -p &&
    \\builtin declare -f &&
    # What follows calls builtins by these names, which the functions just read may have.
    \\builtin printf '%s\\n' '\\builtin unset -f ${namedInSnapshot}' &&
    \\builtin alias -p &&
    \\builtin umask -p &&
    \\builtin shopt -p &&
    \\builtin set +o &&
    \\builtin printf '%s\\n' '\\builtin shopt -u expand_aliases' \\
      '\\builtin unset -f ${done} ${report} ${forget} ${behind}' '\\builtin unset -v ${flags}' &&
    {
      \\builtin declare -f ${namedInSnapshot}
      if [[ "$${flags}" == *T* ]]; then \\builtin printf '%s\\n' '\\builtin set -T'; fi
      if [[ "$${flags}" == *E* ]]; then \\builtin printf '%s\\n' '\\builtin set -E'; fi
      if \\builtin shopt -q expand_aliases; then \\builtin printf '%s\\n' '\\builtin shopt -s expand_aliases'; fi
      \\builtin printf '\\\\builtin cd -- %q\\n' "\${PWD-}"
    }
  } >|${quote(paths.draft)}"$3"
  \\builtin printf '%s\\0' "${nonce} saved $3 $?" >${records}
}

${forget}() {
  while \\builtin read -r -t 0.1 -N 4096 ${rest} </dev/tty; do :; done 2>/dev/null
  \\builtin unset -v ${rest}
  \\builtin printf '%s\\0' "${nonce} forgot 0" >${records}
}

${behind}() {
  # A trap, unlike an ignored signal, does not reach the command, and lets this shell live to report how it ended.
  \\builtin trap : HUP INT TERM
  ( \\builtin eval "$2" && \\builtin eval "\${${text}[0]}" )
  \\builtin printf '%s\\0' "${nonce} ended $1 $?" >${quote(paths.endings)}
}
\\builtin eval "\\builtin $${aliases}"
\\builtin unset -v ${aliases}
`
}

const freshState = `PS1= PS2= PROMPT_COMMAND=`

/** Variables that the earlier shell had unset must not come back from the environment. */
function takeOver(snapshot: string): string {
  return `\\builtin unset -v $(\\builtin compgen -e)
\\builtin . ${quote(snapshot)}`
}
