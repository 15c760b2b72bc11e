import { join } from 'node:path'

/** Where one bash and Node meet: FIFOs and files in a folder that only this user can enter. */
export interface BashPaths {
  folder: string
  /** FIFO, standard input of bash: the trigger lines. */
  input: string
  /** FIFO: the text of each command, ended by a NUL. */
  text: string
  /** FIFO: records that bash writes, ended by a NUL. */
  records: string
  /** FIFO: one record for each background command, written by the process that waited for it. */
  endings: string
  rc: string
  /** How the names of the files begin that bash writes its state to; Node moves one to its place when it is whole. */
  draft: string
}

export function bashPaths(folder: string): BashPaths {
  return {
    folder,
    input: join(folder, 'input'),
    text: join(folder, 'text'),
    records: join(folder, 'records'),
    endings: join(folder, 'endings'),
    rc: join(folder, 'rc'),
    draft: join(folder, 'draft'),
  }
}
