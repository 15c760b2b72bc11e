/** True for what a system call, or a program that has made one for us, says of a disk or quota without room. */
export function isDiskFull(error: unknown): boolean {
  if (!(error instanceof Error)) return false
  if ('code' in error && (error.code === 'ENOSPC' || error.code === 'EDQUOT')) return true
  return /No space left on device|Disk quota exceeded/.test(error.message)
}
