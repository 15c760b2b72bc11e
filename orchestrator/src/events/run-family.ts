interface OfRun {
  readonly runId?: string | undefined
  readonly parentRunId?: string | undefined
}

/** The run itself and the sub-agents' runs below it, in the order in which they came. */
export function runFamily(events: readonly OfRun[], runId: string): ReadonlySet<string> {
  const family = new Set([runId])
  for (const { runId: id, parentRunId } of events) {
    if (id !== undefined && parentRunId !== undefined && family.has(parentRunId)) family.add(id)
  }
  return family
}
