import { readFile, writeFile } from 'node:fs/promises'

export interface PeakMemory {
  /** Bytes of resident memory by which the process has exceeded what it had at the start; `undefined` when it is gone. */
  growth(): Promise<number | undefined>
}

/** Watches from now on. `undefined` where the kernel does not tell, as on macOS. */
export async function watchPeakMemory(pid: number): Promise<PeakMemory | undefined> {
  try {
    // The kernel takes this as: the peak begins anew at what is resident now (proc(5)).
    await writeFile(`/proc/${pid}/clear_refs`, '5')
  } catch {
    return undefined
  }
  const before = await bytesOf(pid, 'VmHWM')
  if (before === undefined) return undefined
  return {
    async growth() {
      const peak = await bytesOf(pid, 'VmHWM')
      return peak === undefined ? undefined : peak - before
    },
  }
}

async function bytesOf(pid: number, field: string): Promise<number | undefined> {
  const status = await readFile(`/proc/${pid}/status`, 'utf8').catch(() => '')
  const kib = new RegExp(`^${field}:\\s+(\\d+) kB$`, 'm').exec(status)?.[1]
  return kib === undefined ? undefined : Number(kib) * 1024
}
