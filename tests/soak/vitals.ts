import { readdir, readFile } from 'node:fs/promises'
import type { Service } from '../e2e/orchestrator/service.js'

/** How a service is, as the system sees it. */
export interface Vitals {
  readonly residentBytes: number
  readonly descriptors: number
}

export async function vitalsOf(pid: number): Promise<Vitals> {
  const status = await readFile(`/proc/${pid}/status`, 'utf8')
  const descriptors = (await readdir(`/proc/${pid}/fd`)).length
  return { residentBytes: Number(/^VmRSS:\s+(\d+)/m.exec(status)?.[1]) * 1_024, descriptors }
}

/** The numbers that the service tells of itself, by name; of labelled ones only the name with its labels. */
export async function metricsOf({ url, token }: Pick<Service, 'url' | 'token'>): Promise<ReadonlyMap<string, number>> {
  const response = await fetch(`${url}/metrics`, { headers: { authorization: `Bearer ${token}` } })
  const lines = (await response.text()).split('\n').filter((line) => line !== '' && !line.startsWith('#'))
  return new Map(lines.map((line) => [line.slice(0, line.lastIndexOf(' ')), Number(line.slice(line.lastIndexOf(' ')))]))
}
