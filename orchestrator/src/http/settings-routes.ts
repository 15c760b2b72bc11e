import { createRoute, type z } from '@hono/zod-openapi'
import type { App } from './app.js'
import type { Check } from './check.js'
import { Refused } from './failure-replies.js'
import { failures, json } from './route-parts.js'
import { settingsAnswerSchema, settingsPatchSchema, type settingsSchema } from './settings-schemas.js'

export interface SettingsDesk {
  view(): z.infer<typeof settingsSchema>
  /** Why a higher source forbids one of the changes. */
  fixedBy(
    changes: z.infer<typeof settingsPatchSchema>,
  ): { message: string; details: Record<string, unknown> } | undefined
  patch(changes: z.infer<typeof settingsPatchSchema>): Promise<z.infer<typeof settingsSchema>>
}

const tags = ['settings']

const get = createRoute({
  operationId: 'getSettings',
  method: 'get',
  path: '/v1/settings',
  tags,
  summary: 'Show the settings that can change while the service runs, and where each value comes from',
  responses: { 200: json(settingsAnswerSchema, 'Settings'), ...failures },
})

const patch = createRoute({
  operationId: 'changeSettings',
  method: 'patch',
  path: '/v1/settings',
  tags,
  summary: 'Change settings, from the next run on; null restores the default',
  request: { body: { required: true, ...json(settingsPatchSchema, 'What to change', { model: 'deepseek-flash' }) } },
  responses: { 200: json(settingsAnswerSchema, 'Settings'), ...failures },
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
