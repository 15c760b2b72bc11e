import { errorCode } from '@auroracoder/kit/jail'

const reasons: Readonly<Record<string, string>> = {
  EACCES: 'permission denied',
  EPERM: 'permission denied',
  EROFS: 'the file system is read-only',
  ENOSPC: 'no space is left on the device',
  EDQUOT: 'the disk quota is used up',
  EBUSY: 'it is in use as a mount point',
  ENAMETOOLONG: 'its name is too long',
  ENOTDIR: 'a part of its path is not a directory',
  EISDIR: 'it is a directory',
  EMFILE: 'too many files are open',
}

/** Why the system refused, in words; `undefined` for what a caller cannot know or mend. */
export function reasonOf(error: unknown): string | undefined {
  return reasons[errorCode(error) ?? '']
}
