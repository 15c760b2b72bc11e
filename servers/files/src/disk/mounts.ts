import { readFile } from 'node:fs/promises'
import { contains } from '@auroracoder/kit/jail'

/** Mount points at `path` and below it. Known on Linux only; elsewhere a change of device has to tell. */
export async function mountsWithin(path: string): Promise<readonly string[]> {
  const table = await readFile('/proc/self/mountinfo', 'utf8').catch(() => '')
  return table
    .split('\n')
    .map((row) => unescaped(row.split(' ')[mountPointField] ?? ''))
    .filter((mount) => mount !== '' && contains(path, mount))
}

/** Of a row of mountinfo, see proc_pid_mountinfo(5). */
const mountPointField = 4

/** Blanks, tabs, line ends and backslashes stand there in octal, byte by byte. */
function unescaped(field: string): string {
  return field.replace(/\\([0-7]{3})/g, (_, octal: string) => String.fromCharCode(Number.parseInt(octal, 8)))
}
