import { createRoute, z } from '@hono/zod-openapi'
import { limitsSchema } from '../events/index.js'
import type { App } from './app.js'
import type { Check } from './check.js'
import { Refused } from './failure-replies.js'
import { failures, json } from './route-parts.js'

const livingState = z.enum(['auto', 'append', 'refresh'])
const from = z.enum(['flags', 'environment', 'file', 'settings', 'default'])

/** A value, null where the model's or the loop's own default holds, and the source that says so. */
const stated = <Schema extends z.ZodType>(value: Schema) => z.object({ value: value.nullable(), from })

export const settingsSchema = z
  .object({
    model: stated(z.string()),
    secondaryModel: stated(z.string()),
    thinking: stated(z.boolean()),
    livingState: stated(livingState),
    limits: stated(limitsSchema),
  })
  .openapi('Settings')

const patchSchema = z
  .strictObject({
    model: z.string().min(1).nullable().optional(),
    secondaryModel: z.string().min(1).nullable().optional(),
    thinking: z.boolean().nullable().optional(),
    livingState: livingState.nullable().optional(),
    limits: limitsSchema.strict().nullable().optional(),
  })
  .openapi('SettingsPatch')

export interface SettingsDesk {
  view(): z.infer<typeof settingsSchema>
  /** Why a higher source forbids one of the changes. */
  fixedBy(changes: z.infer<typeof patchSchema>): { message: string; details: Record<string, unknown> } | undefined
  patch(changes: z.infer<typeof patchSchema>): Promise<z.infer<typeof settingsSchema>>
}

const tags = ['settings']
const one = z.object({ settings: settingsSchema })

const get = createRoute({
  method: 'get',
  path: '/v1/settings',
  tags,
  summary: 'Show the settings that can change while the service runs, and where each value comes from',
  responses: { 200: json(one, 'Settings'), ...failures },
})

const patch = createRoute({
  method: 'patch',
  path: '/v1/settings',
  tags,
  summary: 'Change settings, from the next run on; null restores the default',
  request: { body: { required: true, ...json(patchSchema, 'What to change') } },
  responses: { 200: json(one, 'Settings'), ...failures },
})

export function addSettingsRoutes(app: App, { settings, check }: { settings: SettingsDesk; check?: Check }): void {
  app.openapi(get, (c) => c.json({ settings: settings.view() }, 200))
  app.openapi(patch, async (c) => {
    const changes = c.req.valid('json')
    const conflict = settings.fixedBy(changes)
    if (conflict !== undefined) throw new Refused({ status: 409, code: 'setting_fixed', ...conflict })
    for (const model of [changes.model, changes.secondaryModel]) if (model) check?.model(model)
    return c.json({ settings: await settings.patch(changes) }, 200)
  })
}
