const allowed = /^(PATH|HOME|USER|LOGNAME|SHELL|LANG|LANGUAGE|LC_[A-Z]+|TERM|TMPDIR|TZ|XDG_[A-Z_]+)$/

/** The variables that a tool server on this machine may see; keys and tokens are not among them. */
export function serverEnvironment(env: Readonly<Record<string, string | undefined>>): Record<string, string> {
  return Object.fromEntries(
    Object.entries(env).flatMap(([name, value]) => (allowed.test(name) && value !== undefined ? [[name, value]] : [])),
  )
}
