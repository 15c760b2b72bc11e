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
  return `${snapshot === undefined ? freshState : takeOver(snapshot)}
\\builtin unset -v HISTFILE TMOUT
\\builtin set +o history +o errexit +H
\\builtin export ${mark}
__ac_aliases="$(\\builtin shopt -p expand_aliases)"
\\builtin shopt -u expand_aliases

__ac_done() {
  \\builtin set +e
  \\builtin enable ${ownBuiltins}
  \\builtin unset -v __ac_text __ac_code TMOUT
  while [[ $# -gt 2 ]]; do
    if ! \\builtin kill -0 "$3"; then
      \\builtin wait "$3"
      \\builtin printf '%s\\0' "${nonce} job $3 $?" >${records}
    fi
    \\builtin set -- "$1" "$2" "\${@:4}"
  done
  \\builtin printf '%s\\0' "${nonce} done $2 $1 \${PWD-}" >${records}
  {
    \\builtin printf '%s\\n' "${nonce} jobs $2"
    \\builtin jobs -lr
    \\builtin jobs -ls
    \\builtin printf '\\0'
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
    \\builtin printf '%s\\n' '\\builtin shopt -u expand_aliases' &&
    { \\builtin declare -f ${namedInSnapshot}; \\builtin shopt -q expand_aliases && __ac_switch=-s || __ac_switch=-u; } &&
    \\builtin printf '\\\\builtin shopt %s expand_aliases\\n\\\\builtin cd -- %q\\n' "$__ac_switch" "\${PWD-}"
  } >|${quote(paths.draft)}
  \\builtin printf '%s\\0' "${nonce} saved $2 $?" >${records}
  \\builtin unset -v __ac_switch
}

__ac_forget() {
  while \\builtin read -r -t 0.1 -N 4096 __ac_rest </dev/tty; do :; done 2>/dev/null
  \\builtin unset -v __ac_rest
  \\builtin printf '%s\\0' "${nonce} forgot 0" >${records}
}

__ac_behind() {
  # A trap, unlike an ignored signal, does not reach the command, and lets this shell live to report how it ended.
  \\builtin trap : HUP INT TERM
  ( \\builtin eval "$2" && \\builtin eval "\${__ac_text[0]}" )
  \\builtin printf '%s\\0' "${nonce} ended $1 $?" >${quote(paths.endings)}
}
\\builtin eval "\\builtin $__ac_aliases"
\\builtin unset -v __ac_aliases
`
}

const freshState = `PS1= PS2= PROMPT_COMMAND=`

/** Variables that the earlier shell had unset must not come back from the environment. */
function takeOver(snapshot: string): string {
  return `\\builtin unset -v $(\\builtin compgen -e)
\\builtin . ${quote(snapshot)}`
}
