import { z } from 'zod'
import { type Owner, ownerSchema } from './owner.js'

const prefix = 'com.auroracoder'

export const labelNames = {
  /** Which service: its name and data directory. */
  instance: `${prefix}.instance`,
  session: `${prefix}.session`,
  owner: `${prefix}.owner`,
  createdAt: `${prefix}.created`,
  /** Beyond it nobody needs to ask whether the owner lives. */
  expiresAt: `${prefix}.expires`,
  workspace: `${prefix}.workspace`,
} as const

/** What a container or a volume says about itself. */
export interface Belonging {
  instance: string
  session: string
  owner: Owner
  workspace: string
  createdAt: Date
  expiresAt: Date
}

export function labelsOf({ instance, session, owner, workspace, createdAt, expiresAt }: Belonging) {
  return {
    [labelNames.instance]: instance,
    [labelNames.session]: session,
    [labelNames.owner]: JSON.stringify(owner),
    [labelNames.workspace]: workspace,
    [labelNames.createdAt]: createdAt.toISOString(),
    [labelNames.expiresAt]: expiresAt.toISOString(),
  }
}

const labelsSchema = z.object({
  [labelNames.instance]: z.string(),
  [labelNames.session]: z.string(),
  [labelNames.owner]: z.string().transform((text, context) => {
    try {
      return ownerSchema.parse(JSON.parse(text))
    } catch {
      context.addIssue('not an owner')
      return z.NEVER
    }
  }),
  [labelNames.workspace]: z.string(),
  [labelNames.createdAt]: z.coerce.date(),
  [labelNames.expiresAt]: z.coerce.date(),
})

/** Undefined when it is not ours, or says so in a way that we do not understand. */
export function readLabels(labels: unknown): Belonging | undefined {
  const read = labelsSchema.safeParse(labels).data
  return (
    read && {
      instance: read[labelNames.instance],
      session: read[labelNames.session],
      owner: read[labelNames.owner],
      workspace: read[labelNames.workspace],
      createdAt: read[labelNames.createdAt],
      expiresAt: read[labelNames.expiresAt],
    }
  )
}
