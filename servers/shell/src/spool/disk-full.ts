import { errorCode } from '@auroracoder/kit/jail'
/** True for what a system call, or a program that has made one for us, says of a disk or quota without room. */
export function isDiskFull(error: unknown): boolean {
  const code = errorCode(error)
  if (code === 'ENOSPC' || code === 'EDQUOT') return true
  return error instanceof Error && /No space left on device|Disk quota exceeded/.test(error.message)
}
