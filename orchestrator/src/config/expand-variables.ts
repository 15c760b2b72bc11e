import { Failure } from '@auroracoder/kit/jail'

/**
 * Puts in `${VAR}` and `${VAR:-default}`; the default also stands for an empty variable, as in a shell. What is put in
 * is not looked at again. Throws `Failure` for a variable that is not set.
 */
export function expandVariables(
  text: string,
  env: Readonly<Record<string, string | undefined>>,
  where: string,
): string {
  return text.replaceAll(/\$\{([A-Za-z_][A-Za-z0-9_]*)(?::-([^}]*))?\}/g, (_, name: string, fallback?: string) => {
    const value = env[name]
    if (fallback !== undefined) return value || fallback
    if (value !== undefined) return value
    throw new Failure(`${where} needs the environment variable ${name}. Set it, or write \${${name}:-default}.`)
  })
}
