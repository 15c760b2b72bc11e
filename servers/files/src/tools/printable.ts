/** A name may hold line ends: one entry must stay one line. */
export function printable(name: string): string {
  return /[\n\r\t]/.test(name) ? JSON.stringify(name) : name
}
