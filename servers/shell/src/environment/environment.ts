/** What every command gets, so that programs neither page, prompt, colour nor wait for an editor. */
const fixed = {
  TERM: 'dumb',
  NO_COLOR: '1',
  PAGER: 'cat',
  GIT_PAGER: 'cat',
  LC_ALL: 'C.UTF-8',
  GIT_TERMINAL_PROMPT: '0',
  DEBIAN_FRONTEND: 'noninteractive',
} as const

/** What a command may see of the server's environment: where things are, never what opens them. */
const allowed =
  /^(?:PATH|HOME|USER|LOGNAME|SHELL|TMPDIR|TZ|LANG|LANGUAGE|XDG_[A-Z_]+|DISPLAY|XAUTHORITY|WAYLAND_DISPLAY|DBUS_SESSION_BUS_ADDRESS|AT_SPI_BUS_ADDRESS|NO_AT_BRIDGE|(?:https?|all|no)_proxy|(?:HTTPS?|ALL|NO)_PROXY|SSL_CERT_(?:FILE|DIR)|NODE_EXTRA_CA_CERTS|REQUESTS_CA_BUNDLE|CURL_CA_BUNDLE|GIT_SSL_CAINFO|JAVA_HOME|ANDROID_HOME|GOPATH|GOROOT|CARGO_HOME|RUSTUP_HOME|NVM_DIR|PYENV_ROOT|VIRTUAL_ENV|CONDA_PREFIX|PNPM_HOME|BUN_INSTALL|DENO_DIR|VOLTA_HOME|LD_LIBRARY_PATH)$/

const fallbackPath = '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin'

/** `passed`: names that the user configured to be handed on as well. */
export function commandEnvironment(
  server: Readonly<Record<string, string | undefined>>,
  passed: readonly string[],
): Record<string, string> {
  const kept = Object.entries(server).flatMap(([name, value]) =>
    value !== undefined && (allowed.test(name) || passed.includes(name)) ? [[name, value] as const] : [],
  )
  return { PATH: fallbackPath, ...Object.fromEntries(kept), ...fixed }
}
