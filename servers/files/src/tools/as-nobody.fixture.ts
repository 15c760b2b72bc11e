const nobody = 65_534

/** Runs the task without the rights of root, which nothing is read-only for. */
export async function asNobody<T>(task: () => Promise<T>): Promise<T> {
  if (process.getuid?.() !== 0) return task()
  process.seteuid?.(nobody)
  try {
    return await task()
  } finally {
    process.seteuid?.(0)
  }
}
